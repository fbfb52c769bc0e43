// The HTTP side: reads a request, asks whether it may and whether a fault is due, and writes the answer.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Fault, type Faults, waitOut } from '../faults.ts';
import { breakOff } from '../http-server.ts';
import type { Account } from './account.ts';
import { answerAccountRequest } from './account-operations.ts';
import { authorize } from './authorization.ts';
import { badRequest, CosmosError, tooLarge } from './cosmos-error.ts';
import { itemOperation } from './item-operations.ts';
import { maxItemBytes } from './item-rules.ts';
import { sizeBytes } from './json.ts';
import type { Answer, CosmosRequest, Operation } from './operation.ts';
import { type Charges, lookCharge } from './request-charge.ts';

/** What `throttle` asks to wait unless the fault says otherwise. */
const retryAfterMs = 10;
/** How far behind `stale` is unless the fault says otherwise. */
const usualLagMs = 2_000;

export type Settings = { account: Account; key: string; faults: Faults; charges: Charges };

export async function answerRequest(
  settings: Settings,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const request = await readRequest(incoming);
    authorize(settings.key, request.method, request.segments, request.headers);
    if (sizeBytes(request.body) > maxItemBytes) throw tooLarge('The request');
    const operation = findOperation(settings.account, request);
    const fault = settings.faults.take(operation.name);
    // The gateway itself answers these, whatever came of them.
    const isFree = operation.name === 'metadata' || operation.name.startsWith('plan ');
    const answer = await performWith(fault, operation).catch(answerError);
    if (answer === 'drop') breakOff(outgoing);
    else {
      const charge = isFree ? 0 : (answer.charge ?? lookCharge);
      settings.charges.add(operation.name, charge);
      writeAnswer(outgoing, { ...answer, charge });
    }
  } catch (error) {
    writeAnswer(outgoing, answerError(error));
  }
}

/** Ids may hold dots and percent signs: the path is cut before it is decoded, and never normalised. */
async function readRequest(incoming: IncomingMessage): Promise<CosmosRequest> {
  const body = await text(incoming);
  const [path = ''] = (incoming.url ?? '').split('?');
  const segments = path.split('/').filter(part => part !== '');
  return {
    method: incoming.method ?? '',
    segments: segments.map(decodeSegment),
    headers: incoming.headers,
    body,
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`'${segment}' in the path is not percent-encoded text.`);
  }
}

function findOperation(account: Account, request: CosmosRequest): Operation {
  const [databases, databaseId, containers, containerId, items, itemId, ...rest] = request.segments;
  const isAboutItems = databases === 'dbs' && containers === 'colls' && items === 'docs' && rest.length === 0;
  if (isAboutItems && databaseId !== undefined && containerId !== undefined) {
    return itemOperation(account.container(databaseId, containerId), request, itemId);
  }
  return { name: 'metadata', perform: () => answerAccountRequest(account, request) };
}

async function performWith(fault: Fault | undefined, operation: Operation): Promise<Answer | 'drop'> {
  switch (fault?.action) {
    case undefined:
      return operation.perform();
    case 'drop':
      return 'drop';
    case 'dropAfter':
      operation.perform();
      return 'drop';
    case 'delay':
      await waitOut(fault);
      return operation.perform();
    case 'throttle':
      return {
        ...answerError(new CosmosError(429, 'TooManyRequests', 'Request rate is large.')),
        headers: { 'x-ms-substatus': '3200', 'x-ms-retry-after-ms': String(fault.delayMs ?? retryAfterMs) },
      };
    case 'stale':
      return (operation.performBehind ?? operation.perform)(fault.delayMs ?? usualLagMs);
    case 'refuse':
      return answerError(new CosmosError(503, 'ServiceUnavailable', 'The service is unavailable.'));
  }
}

function answerError(error: unknown): Answer {
  const { status, code, message, headers } =
    error instanceof CosmosError
      ? error
      : new CosmosError(500, 'InternalServerError', `The stand-in failed: ${error}`);
  return { status, headers, body: JSON.stringify({ code, message }) };
}

function writeAnswer(outgoing: ServerResponse, { status, charge = 0, headers, body = '' }: Answer): void {
  outgoing.writeHead(status, {
    'content-type': 'application/json',
    'x-ms-activity-id': randomUUID(),
    'x-ms-request-charge': charge.toFixed(2),
    ...headers,
  });
  outgoing.end(body);
}
