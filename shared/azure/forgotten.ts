// The ledger where it forgets: mails that are old enough, and what is left of those that were forgotten.
import type { Container } from '@azure/cosmos';
import type { ServiceId } from '../domain/ids.ts';
import { conversationId, type LedgerRecord, type Tombstone } from '../domain/mail/ledger-record.ts';
import { MaloteError } from '../errors.ts';
import { isOneOf, queryPartition, request, type Stored, toStored } from './cosmos.ts';

const AT_ONCE = 100;

/**
 * Mails of all services, those that were deleted too, that are final and of which nothing happened since an instant; about a
 * hundred of them, any.
 */
export function listForgettable(ledger: Container, before: Date): Promise<Stored<LedgerRecord>[]> {
  return listSome<LedgerRecord>(
    ledger,
    `c.kind = 'mail' AND c.state IN ('published', 'rejected', 'reappeared') AND c.recordedAt < @before
     AND (NOT IS_DEFINED(c.decision.at) OR c.decision.at < @before) AND NOT IS_DEFINED(c.untoldSince)`,
    { '@before': before.toISOString() },
  );
}

/** Tombstones with something to be done: their blobs are to be looked for again, or they are not needed any more. About a hundred. */
export function listDueTombstones(ledger: Container, now: Date): Promise<Stored<Tombstone>[]> {
  return listSome<Tombstone>(
    ledger,
    `c.kind = 'tombstone' AND (c.sweepAt < @now OR
     (NOT IS_DEFINED(c.sweepAt) AND c.staysListed = false AND c.disposal IN ('moved', 'deleted', 'gone')))`,
    { '@now': now.toISOString() },
  );
}

/** Mails that a condition finds over all services, about a hundred of them, any. */
export async function listSome<T extends object>(
  ledger: Container,
  condition: string,
  parameters: Record<string, string>,
): Promise<Stored<T>[]> {
  const pages = ledger.items.query<T>(
    {
      query: `SELECT * FROM c WHERE ${condition}`,
      parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })),
    },
    { maxItemCount: AT_ONCE },
  );
  const found: Stored<T>[] = [];
  // Across partitions a page may be empty although there is another.
  while (pages.hasMoreResults() && found.length < AT_ONCE) {
    const { resources } = await request('search ledger', () => pages.fetchNext());
    found.push(...(resources ?? []).map(item => toStored<T>(item)));
  }
  return found;
}

/** Removes a tombstone that is still as it was read. */
export async function removeTombstone(
  ledger: Container,
  { id, serviceId }: Pick<Tombstone, 'id' | 'serviceId'>,
  etag: string,
): Promise<void> {
  const accessCondition = { type: 'IfMatch', condition: etag };
  const remove = () => ledger.item(id, serviceId).delete({ accessCondition });
  await request('write ledger', remove).catch(error => {
    const isChanged =
      error instanceof MaloteError && (error.code === 'precondition_failed' || error.code === 'not_found');
    if (!isChanged) throw error;
  });
}

/** Forgets those of these conversations that have no mail any more. */
export async function removeEmptyConversations(
  ledger: Container,
  serviceId: ServiceId,
  keys: string[],
): Promise<void> {
  if (keys.length === 0) return;
  const { text, parameters } = isOneOf('conversationKey', keys);
  const used = new Set(
    await queryPartition<string>(ledger, 'search ledger', serviceId, {
      text: `SELECT VALUE c.conversationKey FROM c WHERE c.serviceId = @serviceId AND c.kind = 'mail' AND ${text}`,
      parameters: { '@serviceId': serviceId, ...parameters },
    }),
  );
  for (const key of keys) {
    if (used.has(key)) continue;
    const item = ledger.item(conversationId(key), serviceId);
    await request('write ledger', () => item.delete()).catch(error => {
      if (!(error instanceof MaloteError) || error.code !== 'not_found') throw error;
    });
  }
}
