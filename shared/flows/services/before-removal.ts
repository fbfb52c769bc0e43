// What a service must have come to an end with before it is deleted: no fetch under way, no mail that still waits for somebody.
import { setTimeout as sleep } from 'node:timers/promises';
import { findHeldPlaces } from '../../azure/ledger.ts';
import { countState } from '../../azure/ledger-counts.ts';
import { findMailboxItem } from '../../azure/mailbox-store.ts';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';
import { MaloteError } from '../../errors.ts';
import { leaseFreeAt } from '../intake/fetch-now.ts';

/** How long a caller waits for a fetch to end. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 500;

/**
 * Waits until no fetch is under way, and counts what would be lost with the service, which is inactive already.
 * @throws MaloteError `conflict` saying until when a fetch may go on, or how many mails wait and since when
 */
export async function endBeforeRemoval(
  { config, database: { mailboxes, ledger } }: Clients,
  id: ServiceId,
  clock: () => Date,
): Promise<void> {
  const until = clock().getTime() + PATIENCE_MS;
  for (;;) {
    const mailbox = await findMailboxItem(mailboxes, id);
    const freeAt = mailbox && leaseFreeAt(mailbox.value, config.leaseMs);
    if (!freeAt || freeAt <= clock()) break;
    if (clock().getTime() >= until) {
      throw new MaloteError(
        'conflict',
        `A fetch of the service is under way, until ${freeAt.toISOString()} at the latest. The service is inactive now: delete it then.`,
      );
    }
    await sleep(LOOK_MS);
  }
  const [held, stored, approving] = await Promise.all([
    countState(ledger, id, 'held'),
    countState(ledger, id, 'stored'),
    countState(ledger, id, 'approving'),
  ]);
  if (held + stored + approving === 0) return;
  const [oldest] = await findHeldPlaces(ledger, id, { after: '', limit: 1 });
  const since = oldest ? `, the oldest since ${oldest.heldPlace.split(' ', 1)[0]}` : '';
  throw new MaloteError(
    'conflict',
    `Mail of the service waits: ${held} held for a supervisor${since}, ${stored + approving} on its way to the platform. Approve or reject what is held, then delete the service, which is inactive now.`,
  );
}
