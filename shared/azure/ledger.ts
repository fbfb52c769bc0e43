// The ledger: what was written of every mail, found by key, digest or Message-ID within one service.
import { BulkOperationType, type Container, type JSONObject, type OperationInput } from '@azure/cosmos';
import { type MailKey, type ServiceId, serviceOf } from '../domain/ids.ts';
import type { ConversationRecord, Disposal, LedgerRecord, MailState } from '../domain/mail/ledger-record.ts';
import { conversationId, mailStates } from '../domain/mail/ledger-record.ts';
import type { MaloteError } from '../errors.ts';
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

/** Where a mail stands among others: newest first, those of one instant by their keys. */
export type MailPlace = { receivedAt: string; id: MailKey };

/** For sorting mails as they are listed. */
export function byPlace(one: MailPlace, other: MailPlace): number {
  if (one.receivedAt !== other.receivedAt) return one.receivedAt < other.receivedAt ? 1 : -1;
  return one.id < other.id ? -1 : Number(one.id > other.id);
}

/** Of a service the first `limit` places of mails, after a place and in a state. */
export async function findPlaces(
  ledger: Container,
  serviceId: ServiceId,
  { limit, after, state }: { limit: number; after?: MailPlace | undefined; state?: MailState | undefined },
): Promise<MailPlace[]> {
  const filters = [
    "c.kind = 'mail'",
    ...(state === undefined ? [] : ['c.state = @state']),
    ...(after === undefined ? [] : ['(c.receivedAt < @at OR (c.receivedAt = @at AND c.id > @id))']),
  ];
  const parameters = {
    ...(state === undefined ? {} : { '@state': state }),
    ...(after === undefined ? {} : { '@at': after.receivedAt, '@id': after.id }),
  };
  const select = `SELECT TOP ${limit + 1} c.id, c.receivedAt`;
  const text = filters.join(' AND ');
  const found = await query<MailPlace>(
    ledger,
    serviceId,
    { text: `${text} ORDER BY c.receivedAt DESC`, parameters },
    select,
  );
  const last = found[limit - 1]?.receivedAt;
  // The database orders by one member: of an instant that the page ends in, it gave any.
  if (last === undefined || found[limit]?.receivedAt !== last) return found.toSorted(byPlace).slice(0, limit);
  const tied = await query<MailPlace>(
    ledger,
    serviceId,
    { text: `${text} AND c.receivedAt = @last ORDER BY c.id`, parameters: { ...parameters, '@last': last } },
    select,
  );
  const newer = found.filter(({ receivedAt }) => receivedAt !== last);
  return [...newer, ...tied].toSorted(byPlace).slice(0, limit);
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

/** Transactional batches of whole groups; a batch that is refused is halved until the culprit is alone. */
async function writeTogether(
  ledger: Container,
  serviceId: ServiceId,
  groups: OperationInput[][],
): Promise<(MaloteError | undefined)[]> {
  if (groups.length === 0) return [];
  const operations = groups.flat();
  if (operations.length > BATCH_OPERATIONS) return halves(ledger, serviceId, groups);
  const failure = await writeBatch(ledger, serviceId, operations);
  if (failure === undefined) return groups.map(() => undefined);
  if (groups.length === 1 || failure.code === 'dependency_unavailable') return groups.map(() => failure);
  return halves(ledger, serviceId, groups);
}

async function halves(ledger: Container, serviceId: ServiceId, groups: OperationInput[][]) {
  const middle = Math.ceil(groups.length / 2);
  return [
    ...(await writeTogether(ledger, serviceId, groups.slice(0, middle))),
    ...(await writeTogether(ledger, serviceId, groups.slice(middle))),
  ];
}

async function writeBatch(
  ledger: Container,
  serviceId: ServiceId,
  operations: OperationInput[],
): Promise<MaloteError | undefined> {
  try {
    const { result } = await request('write ledger', () => ledger.items.batch(operations, serviceId));
    // 424 marks the operations that failed only because another one did.
    const culprit = result?.find(({ statusCode }) => statusCode >= 400 && statusCode !== 424);
    return culprit && storeErrorOf('write ledger', culprit.statusCode);
  } catch (error) {
    return error as MaloteError;
  }
}

async function query<T>(
  ledger: Container,
  serviceId: ServiceId,
  { text, parameters }: Condition,
  select = 'SELECT *',
): Promise<T[]> {
  const { resources } = await request('search ledger', () =>
    ledger.items
      .query<T>(
        {
          query: `${select} FROM c WHERE c.serviceId = @serviceId AND ${text}`,
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
