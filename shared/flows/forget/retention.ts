// Mails that are older than the settings keep them are forgotten, so many at a time. Off until the settings say how long.
import { listForgettable } from '../../azure/forgotten.ts';
import { readSettings } from '../../azure/settings-store.ts';
import type { Clients } from '../../clients.ts';
import type { Log } from '../../log.ts';
import { forgetMails, sweepTombstones } from './forget.ts';

const DAY_MS = 86_400_000;
/** Far below what a function may take. */
const WORK_FOR_MS = 60_000;

/**
 * Forgets mails of which nothing happened for `retentionDays.mails`: what is final alone, never what waits for somebody. To be
 * called regularly; for a minute at most.
 * @returns how many were forgotten
 * @throws MaloteError `dependency_unavailable`
 */
export async function forgetOldMails(
  clients: Pick<Clients, 'database' | 'mails'>,
  context: { clock: () => Date; log: Log },
): Promise<number> {
  const { clock, log } = context;
  await sweepTombstones(clients, context);
  const days = (await readSettings(clients.database.catalog)).value.retentionDays.mails;
  if (days === null) return 0;
  const before = new Date(clock().getTime() - days * DAY_MS);
  const until = clock().getTime() + WORK_FOR_MS;
  let mails = 0;
  let isLeft = true;
  while (isLeft && clock().getTime() < until) {
    const old = await listForgettable(clients.database.ledger, before);
    const forgotten = await forgetMails(clients, old, context);
    mails += forgotten.length;
    isLeft = forgotten.length > 0;
  }
  if (mails > 0) log.info('mails-forgotten', { mails, retentionDays: days, isLeft });
  return mails;
}
