// Reading from an earlier date lets old mail in, which cannot be undone: so it is refused once, saying how many mails.
import type { ServiceItem } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { refusal } from '../../domain/refusal.ts';
import type { Service } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import { openSession } from '../login/open-session.ts';

/** Counting must not keep a person waiting longer than this. */
const patienceMs = 20_000;

/**
 * Refuses a change that moves `readFrom` earlier and was not confirmed.
 * @param item the service as it is to be
 * @throws MaloteError `invalid` saying how many mails would enter, or why they could not be counted
 */
export async function confirmEarlierStart(
  clients: Pick<Clients, 'config' | 'database'>,
  before: Service,
  item: ServiceItem,
  clock: () => Date,
): Promise<void> {
  const { readFromAt } = item.service;
  if (readFromAt >= before.readFromAt) return;
  const entering = await countEntering(clients, before, item, clock).then(
    count => `${count} more mail(s) would enter.`,
    error => `the mails that would enter could not be counted: ${reasonOf(error)}`,
  );
  const message = `readFrom moves earlier, from ${before.readFromAt} to ${readFromAt}: ${entering} Repeat the change with "confirm": true to agree.`;
  throw refusal('invalid', [{ field: 'readFrom', message }]);
}

/** Only our own words: others may quote what nobody is to read. */
function reasonOf(error: unknown): string {
  return error instanceof MaloteError ? error.message : 'an unexpected failure.';
}

/** Mails in the folder from the `readFromAt` that is to be to just before that which is. */
async function countEntering(
  clients: Pick<Clients, 'config' | 'database'>,
  before: Service,
  item: ServiceItem,
  clock: () => Date,
): Promise<string> {
  const session = await openSession(clients, item, AbortSignal.timeout(patienceMs), {
    saved: before,
    clock,
  });
  try {
    const from = new Date(item.service.readFromAt);
    const mails = await session.describe(await session.list(from));
    const entering = mails.filter(
      ({ receivedAt }) => receivedAt >= from && receivedAt < new Date(before.readFromAt),
    ).length;
    return session.maildrop?.unlisted ? `at least ${entering}` : String(entering);
  } finally {
    await session.close();
  }
}
