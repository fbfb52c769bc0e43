// A line in the log for whoever watches: how many mails wait for a supervisor, and since when the oldest.
import { listHeldSince } from '../../azure/ledger.ts';
import type { Clients } from '../../clients.ts';
import type { Log } from '../../log.ts';

/** So many are counted; of more the oldest may be older still. */
const MOST_COUNTED = 1_000;

/** Logs `mail-held` with `count` and `oldestHeldAt`, unless nothing waits. @throws MaloteError `dependency_unavailable` */
export async function tellHeld({ database }: Pick<Clients, 'database'>, log: Log): Promise<void> {
  const since = await listHeldSince(database.ledger, MOST_COUNTED);
  if (since.length === 0) return;
  const [oldestHeldAt] = since.toSorted();
  log.info('mail-held', { count: since.length, isMore: since.length >= MOST_COUNTED, oldestHeldAt });
}
