// The ledger: what was written of every mail, found by key, digest or Message-ID within one service.
import type { Container, JSONObject, OperationInput, SqlQuerySpec } from '@azure/cosmos';
import { type MailKey, type ServiceId, serviceOf } from '../domain/ids.ts';
import { type Attempt, isolate } from '../domain/isolate.ts';
import type { ConversationRecord, Disposal, LedgerRecord, Tombstone } from '../domain/mail/ledger-record.ts';
import { conversationId } from '../domain/mail/ledger-record.ts';
import type { MaloteError } from '../errors.ts';
import type { Batch } from './batch.ts';
import {
  type Condition,
  isOneOf,
  queryPartition,
  request,
  type Stored,
  storeErrorOf,
  toStored,
} from './cosmos.ts';
import { COUNTING_OPERATIONS, commitCounted, type Step } from './ledger-counts.ts';

/** Database limit of operations in one transactional batch. */
const BATCH_OPERATIONS = 100;
/** A page of what is left to be done; of a larger one the last would have waited long. */
const LEFT_AT_ONCE = 100;

/** The record of one mail. One point read. */
export async function findRecord(ledger: Container, key: MailKey): Promise<Stored<LedgerRecord> | undefined> {
  const { resource } = await request('read ledger', () =>
    ledger.item(key, serviceOf(key)).read<LedgerRecord>(),
  );
  return resource?.kind === 'mail' ? toStored(resource) : undefined;
}

/** What there is under these keys of one service: records, and what is left of mails that were forgotten. */
export async function findKnown(
  ledger: Container,
  serviceId: ServiceId,
  keys: MailKey[],
): Promise<Map<MailKey, Stored<LedgerRecord | Tombstone>>> {
  if (keys.length === 0) return new Map();
  const found = await query<LedgerRecord | Tombstone>(ledger, serviceId, isOneOf('id', keys));
  return new Map(found.map(record => [record.id, toStored(record)]));
}

/** The records that exist among these keys of one service. */
export async function findRecords(
  ledger: Container,
  serviceId: ServiceId,
  keys: MailKey[],
): Promise<Map<MailKey, Stored<LedgerRecord>>> {
  if (keys.length === 0) return new Map();
  const { text, parameters } = isOneOf('id', keys);
  const condition = { text: `${text} AND c.kind = 'mail'`, parameters };
  const found = await query<LedgerRecord>(ledger, serviceId, condition);
  return new Map(found.map(record => [record.id, toStored(record)]));
}

/** What a batch is compared with: digests and Message-IDs (hashed) of mails that may be the same or be answered, and conversations. */
type Likeness = { rawSha256s: string[]; messageIdSha256s: string[]; conversationKeys: string[] };

/** The mails that are like some, and those of the conversations that exist, by their keys. One query. */
export async function findLike(
  ledger: Container,
  serviceId: ServiceId,
  { rawSha256s, messageIdSha256s, conversationKeys }: Likeness,
): Promise<{ records: LedgerRecord[]; conversations: Map<string, ConversationRecord> }> {
  const conditions = [
    ...(rawSha256s.length > 0 ? [isOneOf('rawSha256', rawSha256s)] : []),
    ...(messageIdSha256s.length > 0 ? [isOneOf('messageIdSha256', messageIdSha256s)] : []),
    ...(conversationKeys.length > 0 ? [isOneOf('id', conversationKeys.map(conversationId))] : []),
  ];
  if (conditions.length === 0) return { records: [], conversations: new Map() };
  const found = await query<LedgerRecord | ConversationRecord>(ledger, serviceId, {
    text: `(${conditions.map(({ text }) => text).join(' OR ')})`,
    parameters: Object.assign({}, ...conditions.map(({ parameters }) => parameters)),
  });
  return {
    records: found.filter(item => item.kind === 'mail'),
    conversations: byKey(found.filter(item => item.kind === 'conversation')),
  };
}

/** The conversations that exist among these keys. */
export async function findConversations(
  ledger: Container,
  serviceId: ServiceId,
  keys: string[],
): Promise<Map<string, ConversationRecord>> {
  if (keys.length === 0) return new Map();
  return byKey(await query<ConversationRecord>(ledger, serviceId, isOneOf('id', keys.map(conversationId))));
}

function byKey(conversations: ConversationRecord[]): Map<string, ConversationRecord> {
  return new Map(conversations.map(conversation => [conversation.key, conversation]));
}

/** Of these conversations who has a mail in them that a supervisor approved: pairs of a key and an address as it was written. */
export async function findApprovedSenders(
  ledger: Container,
  serviceId: ServiceId,
  conversationKeys: string[],
): Promise<Pick<LedgerRecord, 'conversationKey' | 'from'>[]> {
  const { text, parameters } = isOneOf('conversationKey', conversationKeys);
  const select = 'SELECT c.conversationKey, c["from"]';
  return query(ledger, serviceId, { text: `${text} AND c.decision.action = 'approved'`, parameters }, select);
}

/** Places of the held mails of a service after one, oldest first. Its cost is that of what it gives: the index is sparse. */
export async function findHeldPlaces(
  ledger: Container,
  serviceId: ServiceId,
  { after, limit }: { after: string; limit: number },
): Promise<HeldPlace[]> {
  const text = `c.heldPlace > @after ORDER BY c.heldPlace`;
  const select = `SELECT TOP ${limit} c.id, c.heldPlace`;
  return query<HeldPlace>(ledger, serviceId, { text, parameters: { '@after': after } }, select);
}

/** A held mail among the others. */
export type HeldPlace = { id: MailKey; heldPlace: string };

/** Mails of all services that were stored before an instant and are not published yet, page by page and in any order. */
export function listStored(ledger: Container, before: Date): AsyncGenerator<Stored<LedgerRecord>[]> {
  return leftPages(ledger, "c.kind = 'mail' AND c.state = 'stored' AND c.recordedAt < @before", before);
}

/** Mails of all services with orders given before an instant, of which something is still to follow, page by page and in any order. */
export function listUntold(ledger: Container, before: Date): AsyncGenerator<Stored<LedgerRecord>[]> {
  return leftPages(ledger, 'c.untoldSince < @before', before);
}

/** A record that stays as it is comes once. */
async function* leftPages(
  ledger: Container,
  condition: string,
  before: Date,
): AsyncGenerator<Stored<LedgerRecord>[]> {
  const parameters = [{ name: '@before', value: before.toISOString() }];
  const text = { query: `SELECT * FROM c WHERE ${condition}`, parameters };
  for await (const page of queryPages<LedgerRecord>(ledger, text, LEFT_AT_ONCE)) yield page.map(toStored);
}

/** Since when the held mails of all services wait, in any order; of very many `most` or a few more. About 31 RU a hundred. */
export async function listHeldSince(ledger: Container, most: number): Promise<string[]> {
  const query = "SELECT VALUE c.heldAt FROM c WHERE c.heldPlace > ''";
  return collect(queryPages<string>(ledger, { query, parameters: [] }, most), most);
}

/**
 * Since when mails of all services are safe with us and not told to the platform, stored or ordered, in any order; of very many
 * `most` or a few more of each. About 6 RU, and 31 for a hundred.
 */
export async function listUnpublishedSince(ledger: Container, most: number): Promise<string[]> {
  const stored = "SELECT VALUE c.recordedAt FROM c WHERE c.kind = 'mail' AND c.state = 'stored'";
  const ordered = "SELECT VALUE c.untoldSince FROM c WHERE c.untoldSince > ''";
  const found = [stored, ordered].map(query =>
    collect(queryPages<string>(ledger, { query, parameters: [] }, most), most),
  );
  return (await Promise.all(found)).flat();
}

async function collect(pages: AsyncIterable<string[]>, most: number): Promise<string[]> {
  const found: string[] = [];
  for await (const page of pages) {
    found.push(...page);
    if (found.length >= most) break;
  }
  return found;
}

/** Of all partitions, in any order; a page may be empty although there is another. */
async function* queryPages<T>(
  ledger: Container,
  text: SqlQuerySpec,
  maxItemCount: number,
): AsyncGenerator<T[]> {
  const pages = ledger.items.query<T>(text, { maxItemCount });
  while (pages.hasMoreResults()) {
    const { resources } = await request('search ledger', () => pages.fetchNext());
    yield resources ?? [];
  }
}

/**
 * Puts a record, or what is left of a mail that is forgotten, in the place of one that is still as it was read; with the
 * conversation that its mail opens.
 * @returns the new ETag; undefined when it was changed meanwhile, or another mail opened the conversation
 * @throws MaloteError `dependency_unavailable`, `refused_by_store`, `too_large`
 */
export async function replaceRecord(
  ledger: Container,
  before: Stored<LedgerRecord | Tombstone>,
  record: LedgerRecord | Tombstone,
  conversation?: ConversationRecord,
): Promise<string | undefined> {
  const { serviceId } = record;
  const operations: OperationInput[] = [
    replacing(record, before.etag),
    ...(conversation
      ? [{ operationType: 'Create', resourceBody: conversation as unknown as JSONObject } as const]
      : []),
  ];
  const step = { from: before.value.state, to: record.state };
  const outcome = await commitCounted(batchOf(ledger, serviceId, operations), [step]);
  if ('etag' in outcome) return outcome.etag;
  if ([404, 409, 412].includes(outcome.status)) return undefined;
  throw storeErrorOf(WRITING, outcome.status);
}

const WRITING = 'write ledger';

function batchOf(ledger: Container, serviceId: ServiceId, operations: OperationInput[]): Batch {
  return {
    container: ledger,
    partition: serviceId,
    operations,
    what: WRITING,
    find: async ids => (await query<LedgerRecord>(ledger, serviceId, isOneOf('id', ids))).map(toStored),
  };
}

function replacing(record: LedgerRecord | Tombstone, ifMatch: string): OperationInput {
  return {
    operationType: 'Replace',
    id: record.id,
    resourceBody: record as unknown as JSONObject,
    ifMatch,
  };
}

/** A mail to be recorded, over the record of a mail stored or set aside before if there is one. */
export type RecordWrite = {
  record: LedgerRecord;
  over?: Stored<LedgerRecord | Tombstone> | undefined;
  /** Written with it when the mail opens a conversation. */
  conversation?: ConversationRecord | undefined;
};

/**
 * Records mails in as few requests as possible, judged one by one.
 * @returns for each write, in order, undefined when it is in the ledger, or why it is not: `conflict` (another worker
 *   recorded it), `refused_by_store` or `too_large` (for ever), `dependency_unavailable` (in doubt)
 */
export async function recordMails(
  ledger: Container,
  serviceId: ServiceId,
  writes: RecordWrite[],
): Promise<(MaloteError | undefined)[]> {
  const groups = writes.map(({ record, over, conversation }): Group => {
    const resourceBody = record as unknown as JSONObject;
    return {
      operations: [
        over ? replacing(record, over.etag) : { operationType: 'Create', resourceBody },
        ...(conversation
          ? [{ operationType: 'Upsert', resourceBody: conversation as unknown as JSONObject } as const]
          : []),
      ],
      step: { from: over?.value.state, to: record.state },
    };
  });
  return (await writeTogether(ledger, serviceId, groups)).map(({ error }) => error);
}

/**
 * Notes what became of recorded mails at their server; judged one by one as `recordMails`, where `precondition_failed` says that it
 * was noted before. A mail that is the same as an older one takes it along: in the folder there was one of them.
 */
export async function noteDisposal(
  ledger: Container,
  serviceId: ServiceId,
  keys: MailKey[],
  disposal: Exclude<Disposal, 'pending'>,
  now: Date,
): Promise<(MaloteError | undefined)[]> {
  const written = await noteEach(ledger, serviceId, keys, disposal, now);
  const older = written.flatMap(({ record }) => record?.sameAs ?? []);
  if (older.length > 0) await noteEach(ledger, serviceId, older, disposal, now);
  return written.map(({ error }) => error);
}

function noteEach(
  ledger: Container,
  serviceId: ServiceId,
  keys: MailKey[],
  disposal: Exclude<Disposal, 'pending'>,
  now: Date,
): Promise<WriteOutcome[]> {
  const groups = keys.map((id): Group => {
    const resourceBody = {
      // States only advance: a note that comes twice, or late, changes nothing.
      condition: "from c where c.disposal = 'pending'",
      operations: [
        { op: 'set' as const, path: '/disposal', value: disposal },
        { op: 'set' as const, path: '/disposedAt', value: now.toISOString() },
      ],
    };
    return { operations: [{ operationType: 'Patch', id, resourceBody }] };
  });
  return writeTogether(ledger, serviceId, groups);
}

/** What is written of one mail, the whole or nothing, and what it does to the number of mails. */
type Group = { operations: OperationInput[]; step?: Step };

/** What came of a group of operations: why it is not written, or the record that its first one left. */
type WriteOutcome = { error?: MaloteError; record?: LedgerRecord };

/** Transactional batches of whole groups of operations; of a batch that is refused the culprit is found. */
async function writeTogether(
  ledger: Container,
  serviceId: ServiceId,
  groups: Group[],
): Promise<WriteOutcome[]> {
  const outcomes: WriteOutcome[] = [];
  const write = (batch: Group[]) => writeBatch(ledger, serviceId, batch);
  for await (const attempted of isolate(batchesOf(groups), write)) {
    outcomes.push(...('refusal' in attempted ? [{ error: attempted.refusal }] : attempted.result));
  }
  return outcomes;
}

function batchesOf(groups: Group[]): Group[][] {
  const batches: Group[][] = [];
  let left = 0;
  for (const group of groups) {
    const { length } = group.operations;
    if (length > left) {
      batches.push([]);
      left = BATCH_OPERATIONS - COUNTING_OPERATIONS;
    }
    batches.at(-1)?.push(group);
    left -= length;
  }
  return batches;
}

/** The outcome of each group, which may be that it is in doubt and nobody's fault in it; or why the batch was refused. */
async function writeBatch(
  ledger: Container,
  serviceId: ServiceId,
  groups: Group[],
): Promise<Attempt<WriteOutcome[], MaloteError>> {
  const batch = batchOf(
    ledger,
    serviceId,
    groups.flatMap(({ operations }) => operations),
  );
  const steps = groups.flatMap(({ step }) => step ?? []);
  const failed = (error: MaloteError) =>
    error.code === 'dependency_unavailable' ? { result: groups.map(() => ({ error })) } : { refusal: error };
  try {
    const outcome = await commitCounted(batch, steps);
    if (!('etag' in outcome)) return failed(storeErrorOf(WRITING, outcome.status));
    let operation = 0;
    return {
      result: groups.map(({ operations }) => {
        const record = outcome.items[operation] as LedgerRecord;
        operation += operations.length;
        return { record };
      }),
    };
  } catch (error) {
    return failed(error as MaloteError);
  }
}

/** What a condition finds within one service. @throws MaloteError `dependency_unavailable` */
export async function query<T>(
  ledger: Container,
  serviceId: ServiceId,
  { text, parameters }: Condition,
  select = 'SELECT *',
): Promise<T[]> {
  return queryPartition<T>(ledger, 'search ledger', serviceId, {
    text: `${select} FROM c WHERE c.serviceId = @serviceId AND ${text}`,
    parameters: { '@serviceId': serviceId, ...parameters },
  });
}
