// The ledger: what was written of every mail, found by key, digest or Message-ID within one service.
import {
  BulkOperationType,
  type Container,
  type JSONObject,
  type OperationInput,
  type SqlParameter,
} from '@azure/cosmos';
import { type MailKey, type ServiceId, serviceOf } from '../domain/ids.ts';
import { type Attempt, isolate } from '../domain/isolate.ts';
import type { ConversationRecord, Disposal, LedgerRecord, MailState } from '../domain/mail/ledger-record.ts';
import { conversationId, mailStates } from '../domain/mail/ledger-record.ts';
import type { MaloteError } from '../errors.ts';
import { runBatch } from './batch.ts';
import { type Condition, isOneOf, request, type Stored, storeErrorOf, toStored } from './cosmos.ts';

/** Database limit of operations in one transactional batch. */
const BATCH_OPERATIONS = 100;
const STORED_AT_ONCE = 100;

/** The record of one mail. One point read. */
export async function findRecord(ledger: Container, key: MailKey): Promise<Stored<LedgerRecord> | undefined> {
  const { resource } = await request('read ledger', () =>
    ledger.item(key, serviceOf(key)).read<LedgerRecord>(),
  );
  return resource && toStored(resource);
}

/** The records that exist among these keys of one service. */
export async function findRecords(
  ledger: Container,
  serviceId: ServiceId,
  keys: MailKey[],
): Promise<Map<MailKey, Stored<LedgerRecord>>> {
  if (keys.length === 0) return new Map();
  const found = await query<LedgerRecord>(ledger, serviceId, isOneOf('id', keys));
  return new Map(found.map(record => [record.id, toStored(record)]));
}

/** The records of mails with one of these raw digests or Message-IDs (hashed): candidates for being the same mail. */
export async function findLikeRecords(
  ledger: Container,
  serviceId: ServiceId,
  { rawSha256s, messageIdSha256s }: { rawSha256s: string[]; messageIdSha256s: string[] },
): Promise<LedgerRecord[]> {
  const conditions = [
    ...(rawSha256s.length > 0 ? [isOneOf('rawSha256', rawSha256s)] : []),
    ...(messageIdSha256s.length > 0 ? [isOneOf('messageIdSha256', messageIdSha256s)] : []),
  ];
  if (conditions.length === 0) return [];
  return query<LedgerRecord>(ledger, serviceId, {
    text: `(${conditions.map(({ text }) => text).join(' OR ')})`,
    parameters: Object.assign({}, ...conditions.map(({ parameters }) => parameters)),
  });
}

/** The conversations that exist among these keys. */
export async function findConversations(
  ledger: Container,
  serviceId: ServiceId,
  keys: string[],
): Promise<Map<string, ConversationRecord>> {
  if (keys.length === 0) return new Map();
  const found = await query<ConversationRecord>(ledger, serviceId, isOneOf('id', keys.map(conversationId)));
  return new Map(found.map(conversation => [conversation.key, conversation]));
}

/** A page of a service's mails, newest first. */
export async function listRecords(
  ledger: Container,
  serviceId: ServiceId,
  { limit, cursor, state }: { limit: number; cursor?: string | undefined; state?: MailState | undefined },
): Promise<{ items: LedgerRecord[]; next: string | undefined }> {
  const parameters: SqlParameter[] = [
    { name: '@serviceId', value: serviceId },
    ...(state === undefined ? [] : [{ name: '@state', value: state }]),
  ];
  const filter = state === undefined ? '' : ' AND c.state = @state';
  const page = await request('list ledger', () =>
    ledger.items
      .query<LedgerRecord>(
        {
          query: `SELECT * FROM c WHERE c.serviceId = @serviceId AND c.kind = 'mail'${filter} ORDER BY c.receivedAt DESC`,
          parameters,
        },
        {
          partitionKey: serviceId,
          maxItemCount: limit,
          ...(cursor ? { continuationToken: cursor } : {}),
        },
      )
      .fetchNext(),
  );
  return { items: page.resources.map(record => toStored(record).value), next: page.continuationToken };
}

/** How many mails of a service are in each state, counted in the ledger itself. */
export async function countRecords(
  ledger: Container,
  serviceId: ServiceId,
): Promise<Record<MailState, number>> {
  const count = async (state: MailState) => {
    const { resources } = await request('count ledger', () =>
      ledger.items
        .query<number>(
          {
            query: 'SELECT VALUE COUNT(1) FROM c WHERE c.serviceId = @serviceId AND c.state = @state',
            parameters: [
              { name: '@serviceId', value: serviceId },
              { name: '@state', value: state },
            ],
          },
          { partitionKey: serviceId },
        )
        .fetchAll(),
    );
    return resources[0] ?? 0;
  };
  const counts = await Promise.all(mailStates.map(async state => [state, await count(state)] as const));
  return Object.fromEntries(counts) as Record<MailState, number>;
}

/** Mails of all services that were stored before an instant and are not published yet; about a hundred of them at most. */
export async function listStored(ledger: Container, before: Date): Promise<Stored<LedgerRecord>[]> {
  const pages = ledger.items.query<LedgerRecord>(
    {
      query: "SELECT * FROM c WHERE c.kind = 'mail' AND c.state = 'stored' AND c.recordedAt < @before",
      parameters: [{ name: '@before', value: before.toISOString() }],
    },
    { maxItemCount: STORED_AT_ONCE },
  );
  const found: LedgerRecord[] = [];
  // Across partitions a page may be empty although there is another.
  while (pages.hasMoreResults() && found.length < STORED_AT_ONCE) {
    const { resources } = await request('search ledger', () => pages.fetchNext());
    found.push(...(resources ?? []));
  }
  return found.map(toStored);
}

/** A mail to be recorded; `etag` replaces the record of a mail stored or set aside before. */
export type RecordWrite = {
  record: LedgerRecord;
  etag?: string | undefined;
  /** Written with it when the mail opens a conversation. */
  conversation?: ConversationRecord | undefined;
};

/**
 * Records mails in as few requests as possible, judged one by one.
 * @returns for each write, in order, undefined when it is in the ledger, or why it is not: `conflict` (another worker
 *   recorded it), `refused_by_store` or `too_large` (for ever), `dependency_unavailable` (in doubt)
 */
export function recordMails(
  ledger: Container,
  serviceId: ServiceId,
  writes: RecordWrite[],
): Promise<(MaloteError | undefined)[]> {
  const operations = writes.map(({ record, etag, conversation }): OperationInput[] => {
    const resourceBody = record as unknown as JSONObject;
    return [
      etag === undefined
        ? { operationType: BulkOperationType.Create, resourceBody }
        : { operationType: BulkOperationType.Replace, id: record.id, resourceBody, ifMatch: etag },
      ...(conversation
        ? [
            {
              operationType: BulkOperationType.Upsert,
              resourceBody: conversation as unknown as JSONObject,
            } as const,
          ]
        : []),
    ];
  });
  return writeTogether(ledger, serviceId, operations);
}

/** Notes what became of recorded mails at their server; judged one by one as `recordMails`, where
 * `precondition_failed` says that it was noted before. */
export function noteDisposal(
  ledger: Container,
  serviceId: ServiceId,
  notes: { key: MailKey; disposal: Exclude<Disposal, 'pending'> }[],
  now: Date,
): Promise<(MaloteError | undefined)[]> {
  const operations = notes.map(({ key, disposal }): OperationInput[] => [
    {
      operationType: BulkOperationType.Patch,
      id: key,
      resourceBody: {
        // States only advance: a note that comes twice, or late, changes nothing.
        condition: "from c where c.disposal = 'pending'",
        operations: [
          { op: 'set', path: '/disposal', value: disposal },
          { op: 'set', path: '/disposedAt', value: now.toISOString() },
        ],
      },
    },
  ]);
  return writeTogether(ledger, serviceId, operations);
}

/** Transactional batches of whole groups of operations; of a batch that is refused the culprit is found. */
async function writeTogether(
  ledger: Container,
  serviceId: ServiceId,
  groups: OperationInput[][],
): Promise<(MaloteError | undefined)[]> {
  const outcomes: (MaloteError | undefined)[] = [];
  const write = (batch: OperationInput[][]) => writeBatch(ledger, serviceId, batch.flat());
  for await (const { items, ...attempted } of isolate(batchesOf(groups), write)) {
    const outcome = 'refusal' in attempted ? attempted.refusal : attempted.result;
    outcomes.push(...items.map(() => outcome));
  }
  return outcomes;
}

function batchesOf(groups: OperationInput[][]): OperationInput[][][] {
  const batches: OperationInput[][][] = [];
  let left = 0;
  for (const group of groups) {
    if (group.length > left) {
      batches.push([]);
      left = BATCH_OPERATIONS;
    }
    batches.at(-1)?.push(group);
    left -= group.length;
  }
  return batches;
}

/** @returns why it is in doubt whether the batch was written, which is nobody's fault in it; or why it was refused */
async function writeBatch(
  ledger: Container,
  serviceId: ServiceId,
  operations: OperationInput[],
): Promise<Attempt<MaloteError | undefined, MaloteError>> {
  const what = 'write ledger';
  const find = async (ids: string[]) =>
    (await query<LedgerRecord>(ledger, serviceId, isOneOf('id', ids))).map(toStored);
  const outcomeOf = (error: MaloteError) =>
    error.code === 'dependency_unavailable' ? { result: error } : { refusal: error };
  try {
    const outcome = await runBatch({ container: ledger, partition: serviceId, operations, what, find });
    return 'etag' in outcome ? { result: undefined } : outcomeOf(storeErrorOf(what, outcome.status));
  } catch (error) {
    return outcomeOf(error as MaloteError);
  }
}

async function query<T>(
  ledger: Container,
  serviceId: ServiceId,
  { text, parameters }: Condition,
): Promise<T[]> {
  const { resources } = await request('search ledger', () =>
    ledger.items
      .query<T>(
        {
          query: `SELECT * FROM c WHERE c.serviceId = @serviceId AND ${text}`,
          parameters: [
            { name: '@serviceId', value: serviceId },
            ...Object.entries(parameters).map(([name, value]) => ({ name, value })),
          ],
        },
        { partitionKey: serviceId },
      )
      .fetchAll(),
  );
  return resources;
}
