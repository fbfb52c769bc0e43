// How mails are forgotten: a tombstone in the place of the record first, then the blobs, then the tombstone where it is not needed.

import { deleteMailBlobs } from '../../azure/blobs.ts';
import type { Stored } from '../../azure/cosmos.ts';
import { listDueTombstones, removeEmptyConversations, removeTombstone } from '../../azure/forgotten.ts';
import { replaceRecord } from '../../azure/ledger.ts';
import { removeCounts } from '../../azure/ledger-counts.ts';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { LedgerRecord, Tombstone } from '../../domain/mail/ledger-record.ts';
import { toMaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';

// The record is changed under its ETag, so that nothing is taken from under somebody's hands: who decides or replays at that moment
// is first or second. From then on the mail is unknown to everybody but intake, which sees that it was here. What is
// still to be deleted stands in the tombstone (`sweepAt`): a crash leaves no blob behind that nobody looks for.

/** Longer than any fetch or follow-up that began before goes on: one of them may store something of the mail yet. */
const SWEPT_AFTER_MS = 30 * 60_000;
const AT_ONCE = 10;

type Context = { clock: () => Date; log: Log };

/**
 * Forgets mails.
 * @returns the keys of those that are; one that was changed meanwhile, or whose blobs cannot be deleted now, is left
 * @throws MaloteError `dependency_unavailable` when the database is away
 */
export async function forgetMails(
  clients: Pick<Clients, 'database' | 'mails'>,
  records: Stored<LedgerRecord>[],
  { clock, log }: Context,
): Promise<Stored<LedgerRecord>['value']['id'][]> {
  const { ledger } = clients.database;
  const forgotten: LedgerRecord[] = [];
  for (let at = 0; at < records.length; at += AT_ONCE) {
    const some = records.slice(at, at + AT_ONCE).map(async record => {
      const { value } = record;
      if ((await replaceRecord(ledger, record, tombstoneOf(value, clock()))) === undefined) return;
      forgotten.push(value);
      await deleteMailBlobs(clients.mails, value.id).catch(error => {
        log.warn('blobs-left', { mailKey: value.id, code: toMaloteError(error).code });
      });
    });
    await Promise.all(some);
  }
  for (const [serviceId, mails] of Map.groupBy(forgotten, mail => mail.serviceId)) {
    const keys = new Set(mails.flatMap(({ conversationKey }) => conversationKey ?? []));
    await removeEmptyConversations(ledger, serviceId, [...keys]);
  }
  return forgotten.map(({ id }) => id);
}

function tombstoneOf({ id, serviceId, disposal, receivedAt, source }: LedgerRecord, now: Date): Tombstone {
  const sweepAt = new Date(now.getTime() + SWEPT_AFTER_MS).toISOString();
  const staysListed = source.generation.startsWith('pop3/');
  return { id, serviceId, kind: 'tombstone', disposal, receivedAt, staysListed, sweepAt };
}

/**
 * Deletes what was stored of forgotten mails after all, and tombstones that nobody needs, a hundred or so of them; and the numbers
 * of mails of those services that are gone.
 */
export async function sweepTombstones(
  clients: Pick<Clients, 'database' | 'mails'>,
  { clock }: Pick<Context, 'clock'>,
): Promise<void> {
  const { ledger, catalog } = clients.database;
  const exists = new Map<ServiceId, boolean>();
  for (const tombstone of await listDueTombstones(ledger, clock())) {
    const { value, etag } = tombstone;
    const { sweepAt, ...swept } = value;
    if (sweepAt !== undefined) await deleteMailBlobs(clients.mails, value.id);
    const { serviceId, disposal, staysListed } = value;
    if (!exists.has(serviceId)) exists.set(serviceId, (await findService(catalog, serviceId)) !== undefined);
    const isNeeded = exists.get(serviceId) && (disposal === 'pending' || staysListed);
    if (isNeeded) await replaceRecord(ledger, tombstone, swept);
    else await removeTombstone(ledger, value, etag);
  }
  for (const [serviceId, isThere] of exists) if (!isThere) await removeCounts(ledger, serviceId);
}
