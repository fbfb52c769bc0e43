// What the ids of a mailbox's record belong to: as long as it is the same, what is remembered of mails holds.
import { inGeneration, type Mailbox } from './mailbox.ts';

/** How a session names what its ids belong to, and what that was called before names became longer. */
export type Generation = { generation: string; formerly?: string | undefined };

/** A folder is unstable when its UIDVALIDITY changed so often within so long. */
const CHANGES = 2;
const WITHIN_MS = 86_400_000;

const IMAP = /^(imap\/.+)\/\d+$/;

/** Whether the record's ids are those of this session. */
export function isOfGeneration(mailbox: Mailbox, { generation, formerly }: Generation): boolean {
  if (mailbox.generation === generation || mailbox.calledNow === generation) return true;
  // Once it is known as something else that is what it is, whatever else answers to the old name.
  return mailbox.generation !== null && mailbox.generation === formerly && !mailbox.calledNow;
}

/**
 * The mailbox as this session finds it. A record keeps the name that its generation began with, for the keys of its mails
 * are made of that.
 */
export function inSession(mailbox: Mailbox, session: Generation, now: Date): Mailbox {
  const { generation } = session;
  if (isOfGeneration(mailbox, session)) {
    return mailbox.generation === generation ? mailbox : { ...mailbox, calledNow: generation };
  }
  const { calledNow: _, ...others } = withChange(mailbox, generation, now);
  return inGeneration(others, generation);
}

/** Notes that a folder's UIDVALIDITY is another one, which is not to happen in its life, and with some servers always does. */
function withChange(mailbox: Mailbox, generation: string, now: Date): Mailbox {
  const [, before] = IMAP.exec(mailbox.calledNow ?? mailbox.generation ?? '') ?? [];
  const [, folder] = IMAP.exec(generation) ?? [];
  if (folder === undefined || before !== folder) return mailbox;
  const since = new Date(now.getTime() - WITHIN_MS).toISOString();
  const changes = [...(mailbox.uidValidityChanges ?? []).filter(at => at > since), now.toISOString()];
  return {
    ...mailbox,
    uidValidityChanges: changes.slice(-CHANGES),
    ...(changes.length >= CHANGES ? { unstableFolder: folder } : {}),
  };
}
