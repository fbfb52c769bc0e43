// The story of a folder (IMAP, Graph), which many may look at: look first, and only with work to do take the lease.
import { writeMailbox } from '../../azure/mailbox-store.ts';
import type { Clients } from '../../clients.ts';
import { withAnnouncements } from '../../domain/mailbox/announcements.ts';
import type { Mailbox } from '../../domain/mailbox/mailbox.ts';
import { takeInHand } from '../../domain/mailbox/suspects.ts';
import { isMailboxTrouble, type MaloteError } from '../../errors.ts';
import type { Session } from '../../mailboxes/session.ts';
import { mayOverlap } from './ahead.ts';
import { announce } from './announce.ts';
import { afterIdle, afterTrouble, type Fetch, type FetchOutcome, mailboxOf, withSession } from './fetch.ts';
import { type Look, lookInto } from './look.ts';
import { findRoom } from './room.ts';
import { endSlice, type Reserved, workSlice } from './slice.ts';
import { readSurroundings } from './surroundings.ts';
import { beginVisit, takeLease } from './visit.ts';

/** An idle fetch writes nothing, but for a sign of life this often. */
const SIGN_OF_LIFE_MS = 15 * 60_000;

/** Fetches a folder. @throws MaloteError when our own stores fail; troubles of the mailbox are recorded */
export async function fetchFolder(fetch: Fetch): Promise<FetchOutcome> {
  try {
    return await withSession(fetch, undefined, session => visitFolder(fetch, session));
  } catch (error) {
    if (!isMailboxTrouble(error)) throw error;
    await writeUnlessTaken(fetch, afterTrouble(fetch, mailboxOf(fetch), error));
    return 'failed';
  }
}

async function visitFolder(fetch: Fetch, session: Session): Promise<FetchOutcome> {
  const look = await lookInto(fetch, session, mailboxOf(fetch));
  if (!look.hasWork) {
    await noteIdle(fetch, look.mailbox);
    return 'idle';
  }
  // Before the lease: whoever holds it must not fail before it can be given back.
  const surroundings = await readSurroundings(fetch.clients, fetch.service.value.service, fetch.clock());
  const first = await reserveFirst(fetch.clients, look);
  try {
    const inHand = first?.batch.mails.map(({ id }) => id) ?? [];
    const lease = await takeLease(fetch, takeInHand(look.mailbox, inHand));
    if (!lease) return 'busy';
    const visit = beginVisit(fetch, session, lease, surroundings);
    return await endSlice(visit, look, await workSlice(visit, look, first));
  } finally {
    first?.room.giveBack();
  }
}

/** The first batch, if nothing stands between it and the lease: it is in hand with the lease then, for a write less. */
async function reserveFirst(clients: Clients, look: Look): Promise<Reserved | undefined> {
  const next = await look.batches.peek();
  const isFirst = look.vanished.length + look.undisposed.length === 0;
  if (!isFirst || !next || 'failure' in next || !mayOverlap(next.batch)) return undefined;
  const room = findRoom(clients, next.batch);
  if (!room) return undefined;
  await look.batches.next();
  return { batch: next.batch, room };
}

/** Nothing to do: no write, unless it ends a trouble or the last sign of life is old. */
async function noteIdle(fetch: Fetch, mailbox: Mailbox): Promise<void> {
  const { stored, service, clock } = fetch;
  const sinceMs = clock().getTime() - Date.parse(mailbox.lastSuccessAt ?? '1970-01-01');
  const isKnown = stored?.value.trouble === null && stored.value.serviceEtag === service.etag;
  if (isKnown && sinceMs < SIGN_OF_LIFE_MS) return;
  await writeUnlessTaken(fetch, afterIdle(mailbox, clock()));
}

/** Without the lease a write may come second: then another worker knows better. */
async function writeUnlessTaken(fetch: Fetch, mailbox: Mailbox): Promise<void> {
  const { clients, stored, service, clock, log } = fetch;
  const next = withAnnouncements(stored?.value, mailbox, clock());
  const written = await writeMailbox(clients, next, stored?.etag).catch((error: MaloteError) => {
    if (error.code !== 'precondition_failed') throw error;
    return undefined;
  });
  if (written) await announce({ clients, log, service: service.value.service }, written);
}
