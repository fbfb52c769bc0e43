// The story of a maildrop (POP3), which is locked by whoever looks at it: take the lease first, look, and give both back.
import { stillBusy } from '../../domain/mailbox/busy.ts';
import type { Mailbox } from '../../domain/mailbox/mailbox.ts';
import { afterWorkerDeath } from '../../domain/mailbox/suspects.ts';
import { isMailboxTrouble, type MaloteError } from '../../errors.ts';
import type { Session } from '../../mailboxes/session.ts';
import { announce } from './announce.ts';
import { afterIdle, afterTrouble, type Fetch, type FetchOutcome, mailboxOf, withSession } from './fetch.ts';
import type { Lease } from './lease.ts';
import { lookInto } from './look.ts';
import { type MaildropMemory, recallMaildrop, rememberMaildrop } from './maildrop-memory.ts';
import { endSlice, workSlice } from './slice.ts';
import { readSurroundings } from './surroundings.ts';
import { beginVisit, takeLease } from './visit.ts';

/** Fetches a maildrop. @throws MaloteError when our own stores fail; troubles of the mailbox are recorded */
export async function fetchMaildrop(fetch: Fetch): Promise<FetchOutcome> {
  const lease = await takeLease(fetch, afterWorkerDeath(mailboxOf(fetch)));
  if (!lease) return 'busy';
  try {
    const memory = await recallMaildrop(fetch.clients, fetch.request.serviceId);
    return await withSession(fetch, memory.text, session => visitMaildrop(fetch, session, lease, memory));
  } catch (error) {
    return await giveUp(fetch, lease, error);
  }
}

async function visitMaildrop(
  fetch: Fetch,
  session: Session,
  lease: Lease,
  memory: MaildropMemory,
): Promise<FetchOutcome> {
  const { clients, service, log, clock } = fetch;
  const about = { clients, log, service: service.value.service };
  const look = await lookInto(fetch, session, lease.mailbox).catch(async (error: unknown) => {
    // Over which headers the connection broke, so that they come last the next time.
    await rememberMaildrop({ ...about, session }, memory);
    throw error;
  });
  const unlisted = session.maildrop?.unlisted ?? 0;
  if (!look.hasWork && unlisted === 0) {
    await session.maildrop?.commit();
    await rememberMaildrop({ ...about, session }, memory);
    await lease.release(() => afterIdle(look.mailbox, clock()));
    await announce(about, lease.stored);
    return 'idle';
  }
  const surroundings = await readSurroundings(clients, service.value.service, fetch.clock());
  await lease.update(held => ({ ...look.mailbox, lease: held.lease }));
  const visit = beginVisit(fetch, session, lease, surroundings);
  const ended = await workSlice(visit, look);
  // Unlocked before the lease goes back. Headers that were read and remembered are progress, too.
  const isRemembered = await rememberMaildrop(visit, memory);
  const progressed = ended.progressed || (unlisted > 0 && isRemembered);
  return endSlice(visit, look, { ...ended, progressed }, unlisted);
}

/** However it failed, the lease is given back. */
async function giveUp(fetch: Fetch, lease: Lease, error: unknown): Promise<FetchOutcome> {
  const { clients, service, log } = fetch;
  if (!isMailboxTrouble(error)) {
    if (lease.isHeld) await lease.release(held => held);
    throw error;
  }
  const isBusy = error.code === 'mailbox_busy';
  await lease.release(held => (isBusy ? afterBusy(fetch, held, error) : afterTrouble(fetch, held, error)));
  await announce({ clients, log, service: service.value.service }, lease.stored);
  return isBusy ? 'busy' : 'failed';
}

/** Another client at the maildrop is no trouble, and the next tick tries again, unless it is there all the time. */
function afterBusy({ clock }: Fetch, before: Mailbox, { message, cure = '' }: MaloteError): Mailbox {
  return stillBusy(before, { message, cure }, clock());
}
