// Transactional batches: up to 100 operations in one partition, all of them or none.
// https://learn.microsoft.com/azure/cosmos-db/transactional-batch
import type { Container } from './container.ts';
import { badRequest, CosmosError, unsupported } from './cosmos-error.ts';
import {
  createItem,
  deleteItem,
  type Outcome,
  type Preconditions,
  patchItem,
  readItem,
  replaceItem,
  upsertItem,
} from './items.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { lookCharge } from './request-charge.ts';
import { inTransaction } from './storage.ts';

const maxOperations = 100;
/** The status of an operation that came to nothing because another one failed. */
const failedDependency = 424;

export type BatchOutcome = { status: 200 | 207; outcomes: readonly (Outcome & { message?: string })[] };

/** Ends the transaction when an operation fails, and says which. */
class BatchFailure extends Error {
  readonly index: number;
  readonly status: number;

  constructor(index: number, cause: CosmosError) {
    super(cause.message, { cause });
    this.index = index;
    this.status = cause.status;
  }
}

export function runBatch(container: Container, partition: string, body: Json): BatchOutcome {
  if (!Array.isArray(body) || body.length === 0) throw badRequest('A batch is a list of operations.');
  if (body.length > maxOperations) throw badRequest(`A batch has at most ${maxOperations} operations.`);
  try {
    const outcomes = inTransaction(container.storage, () =>
      body.map((operation, index) => runInBatch(container, partition, operation, index)),
    );
    return { status: 200, outcomes };
  } catch (failure) {
    if (!(failure instanceof BatchFailure)) throw failure;
    const { index: culprit, status, message } = failure;
    const outcomes = body.map((_, index) =>
      index === culprit ? { status, charge: lookCharge, message } : { status: failedDependency, charge: 0 },
    );
    return { status: 207, outcomes };
  }
}

function runInBatch(container: Container, partition: string, operation: Json, index: number): Outcome {
  if (!isObject(operation)) throw badRequest(`Operation ${index} of the batch is not an object.`);
  try {
    return runOperation(container, partition, operation);
  } catch (error) {
    throw error instanceof CosmosError ? new BatchFailure(index, error) : error;
  }
}

function runOperation(container: Container, partition: string, operation: JsonObject): Outcome {
  const { operationType, resourceBody = null } = operation;
  const id = String(operation.id);
  const preconditions = readPreconditions(operation);
  switch (operationType) {
    case 'Create':
      return createItem(container, partition, resourceBody);
    case 'Upsert':
      return upsertItem(container, partition, resourceBody, preconditions);
    case 'Read':
      return readItem(container, partition, id, preconditions);
    case 'Replace':
      return replaceItem(container, partition, id, resourceBody, preconditions);
    case 'Patch':
      return patchItem(container, partition, id, resourceBody, preconditions);
    case 'Delete':
      return deleteItem(container, partition, id, preconditions);
    default:
      throw unsupported(`Batch operation '${operationType}'`);
  }
}

function readPreconditions({ ifMatch, ifNoneMatch }: JsonObject): Preconditions {
  return {
    ifMatch: typeof ifMatch === 'string' ? ifMatch : undefined,
    ifNoneMatch: typeof ifNoneMatch === 'string' ? ifNoneMatch : undefined,
  };
}
