// How many mails of a service are in each state: an item beside its mails, which every write of theirs counts along.
import type { Container, OperationInput } from '@azure/cosmos';
import type { ServiceId } from '../domain/ids.ts';
import { type MailState, mailStates } from '../domain/mail/ledger-record.ts';
import { MaloteError } from '../errors.ts';
import { type Batch, type BatchOutcome, runBatch } from './batch.ts';
import { queryPartition, request } from './cosmos.ts';

// To count the records costs the more, the more there are; the item is a point read. It is changed in the transaction of the
// records, so that no crash, repetition or refusal parts them. In ledgers from before there is none: the first write begins one,
// and whoever first wants the numbers counts the records and writes them in, if the item is still as it was before: then nothing
// was written in between that changes them, and nothing is counted twice. As long as it is not, the records are counted.

export type MailCounts = Record<MailState, number>;

type CountsItem = {
  id: typeof countsId;
  serviceId: ServiceId;
  kind: 'counts';
  /** What was counted along. Numbers of mails only once there is `countedAt`. */
  mails: Partial<MailCounts>;
  /** When the records themselves were last counted. RFC 3339 in UTC. */
  countedAt?: string;
};

const countsId = 'counts';
/** After as long the records are counted again: a release that does not count along may have been at it meanwhile. */
const TRUSTED_MS = 86_400_000;

/** What a write does to the number of mails: the state that it ends, and the one that it begins. */
export type Step = { from?: MailState | undefined; to?: MailState | undefined };

/** As many operations the counting adds to a batch at most. */
export const COUNTING_OPERATIONS = 1;

/**
 * Commits a batch of one service, and counts along what it changes.
 * @throws as `runBatch` does
 */
export async function commitCounted(batch: Batch, steps: Step[]): Promise<BatchOutcome> {
  const counting = countingOf(steps);
  const counted = { ...batch, operations: [...batch.operations, ...counting] };
  const outcome = await runBatch(counted);
  const isUncounted =
    'status' in outcome && outcome.status === 404 && outcome.refusedIndex === batch.operations.length;
  if (!isUncounted) return outcome;
  await begin(batch.container, batch.partition as ServiceId);
  return runBatch(counted);
}

/** A patch of what changes; nothing where all stays. */
function countingOf(steps: Step[]): OperationInput[] {
  const changes = new Map<MailState, number>();
  for (const { from, to } of steps) {
    if (from) changes.set(from, (changes.get(from) ?? 0) - 1);
    if (to) changes.set(to, (changes.get(to) ?? 0) + 1);
  }
  const operations = [...changes]
    .filter(([, value]) => value !== 0)
    .map(([state, value]) => ({ op: 'incr' as const, path: `/mails/${state}`, value }));
  return operations.length === 0
    ? []
    : [{ operationType: 'Patch', id: countsId, resourceBody: { operations } }];
}

/** How many mails of a service are in each state. A point read; seldom as many queries as there are states, and a write. */
export async function readCounts(ledger: Container, serviceId: ServiceId, now: Date): Promise<MailCounts> {
  const what = 'read counts';
  const { resource } = await request(what, () => ledger.item(countsId, serviceId).read<CountsItem>());
  if (resource && isTrusted(resource, now)) return { ...none(), ...resource.mails };
  const etag = resource?._etag ?? (await begin(ledger, serviceId));
  const mails = await countRecords(ledger, serviceId);
  if (etag !== undefined) await write(ledger, serviceId, { mails, countedAt: now.toISOString() }, etag);
  return mails;
}

function isTrusted({ countedAt }: CountsItem, now: Date): boolean {
  return countedAt !== undefined && now.getTime() - Date.parse(countedAt) < TRUSTED_MS;
}

/** Removes the numbers of a service that was deleted. Whatever is written of its mails yet begins them again. */
export async function removeCounts(ledger: Container, serviceId: ServiceId): Promise<void> {
  await unless('not_found', async () => {
    await request('remove counts', () => ledger.item(countsId, serviceId).delete());
  });
}

/** How many mails of a service are in a state, counted in the ledger itself. */
export async function countState(ledger: Container, serviceId: ServiceId, state: MailState): Promise<number> {
  const pages = await queryPartition<number>(ledger, 'count ledger', serviceId, {
    text: 'SELECT VALUE COUNT(1) FROM c WHERE c.serviceId = @serviceId AND c.state = @state',
    parameters: { '@serviceId': serviceId, '@state': state },
  });
  return countOf(pages);
}

/** What a COUNT gives: of very many the database counts page by page. */
export function countOf(pages: number[]): number {
  return pages.reduce((sum, count) => sum + count, 0);
}

/** The same of every state. */
export async function countRecords(ledger: Container, serviceId: ServiceId): Promise<MailCounts> {
  const counts = await Promise.all(
    mailStates.map(async state => [state, await countState(ledger, serviceId, state)] as const),
  );
  return Object.fromEntries(counts) as MailCounts;
}

function none(): MailCounts {
  return Object.fromEntries(mailStates.map(state => [state, 0])) as MailCounts;
}

/** From now on it is counted along. @returns the ETag; undefined when somebody else began */
async function begin(ledger: Container, serviceId: ServiceId): Promise<string | undefined> {
  const item: CountsItem = { id: countsId, serviceId, kind: 'counts', mails: {} };
  return unless('conflict', async () => {
    const { etag } = await request('begin counts', () => ledger.items.create<CountsItem>(item));
    return etag;
  });
}

/** What was counted, if nothing was counted along since. */
async function write(
  ledger: Container,
  serviceId: ServiceId,
  counted: Pick<CountsItem, 'mails' | 'countedAt'>,
  etag: string,
): Promise<void> {
  const item: CountsItem = { id: countsId, serviceId, kind: 'counts', ...counted };
  const accessCondition = { type: 'IfMatch', condition: etag };
  await unless('precondition_failed', async () => {
    await request('write counts', () => ledger.item(countsId, serviceId).replace(item, { accessCondition }));
  });
}

async function unless<T>(code: MaloteError['code'], run: () => Promise<T>): Promise<T | undefined> {
  return run().catch(error => {
    if (!(error instanceof MaloteError) || error.code !== code) throw error;
    return undefined;
  });
}
