// Whether mails have arrived in another folder: by what they are, since the server's word alone is none.
import type { ImapFlow, MailboxObject } from 'imapflow';
import { sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import { MaloteError } from '../../errors.ts';
import { openOther } from './folders.ts';
import { type Print, readPrints } from './prints.ts';

const BY_UID = { uid: true };

/** Where a folder ended: what comes later has these UIDs or higher ones. */
export type FolderEnd = { uidValidity: bigint; uidNext: number };

/** Where another folder ends now. @throws MaloteError `disposal_refused` when it cannot be opened to look into it */
export async function endOf(client: ImapFlow, folder: string): Promise<FolderEnd> {
  return inOther(client, folder, async ({ uidValidity, uidNext }) => ({ uidValidity, uidNext }));
}

/**
 * Which of these mails of the selected folder have a copy in another one.
 * @param since where that folder ended before they were copied: then what came later is looked at in one command. Without,
 *   every mail is searched for.
 */
export async function findCopied(
  client: ImapFlow,
  ids: string[],
  folder: string,
  since?: FolderEnd,
): Promise<Set<string>> {
  const originals = await readPrints(client, sequenceSet(ids));
  if (originals.length === 0) return new Set();
  const copies = await inOther(client, folder, async ({ uidValidity }) => {
    const isSame = since !== undefined && since.uidNext > 0 && since.uidValidity === uidValidity;
    // The last mail is always among them (RFC 9051 9 `seq-range`), which does no harm.
    const set = isSame ? `${since.uidNext}:*` : sequenceSet(await searchFor(client, originals));
    return set === '' ? [] : readPrints(client, set);
  });
  return matched(originals, copies);
}

/**
 * The originals that have a copy. The fields are equal and so are date and size; where there is a Message-ID, one of both
 * is enough: keeping INTERNALDATE is advice (RFC 9051 6.4.7), and servers with mbox files (mailutils) put fields of their
 * own into the copy, so that it is longer. Of mails that nothing tells apart either all have arrived or none is said to.
 */
function matched(originals: Print[], copies: Print[]): Set<string> {
  const found = new Set<string>();
  let left = copies;
  const hasId = ({ messageId }: Print) => messageId !== undefined;
  const same: ((print: Print) => string | undefined)[] = [
    ({ fields, date, sizeBytes }) => JSON.stringify([fields, date, sizeBytes]),
    print => (hasId(print) ? JSON.stringify([print.fields, print.date]) : undefined),
    print => (hasId(print) ? JSON.stringify([print.fields, print.sizeBytes]) : undefined),
  ];
  for (const keyOf of same) {
    const missing = Map.groupBy(
      originals.filter(({ uid }) => !found.has(uid)),
      keyOf,
    );
    const arrived = Map.groupBy(left, keyOf);
    for (const [key, alike] of missing) {
      const there = key === undefined ? [] : (arrived.get(key) ?? []);
      if (there.length < alike.length) continue;
      const used = new Set(there.slice(0, alike.length));
      for (const { uid } of alike) found.add(uid);
      left = left.filter(copy => !used.has(copy));
    }
  }
  return found;
}

/** UIDs in the selected folder that may be copies of these: by Message-ID, else by size. A SEARCH for each. */
async function searchFor(client: ImapFlow, originals: Print[]): Promise<string[]> {
  const uids = new Set<number>();
  for (const { messageId, sizeBytes } of originals) {
    const query =
      messageId === undefined
        ? { larger: sizeBytes - 1, smaller: sizeBytes + 1 }
        : { header: { 'message-id': messageId } };
    // Refused, or found by nothing: in doubt.
    for (const uid of (await client.search(query, BY_UID)) || []) uids.add(uid);
  }
  return [...uids].map(String);
}

async function inOther<T>(
  client: ImapFlow,
  folder: string,
  look: (opened: MailboxObject) => Promise<T>,
): Promise<T> {
  const opened = await openOther(client, folder, look);
  if (opened) return opened.seen;
  throw new MaloteError('disposal_refused', `The login may not look into the folder "${folder}".`, {
    cure: 'Give the login the right to read that folder: this server does not say what it copied, so it has to be looked for.',
  });
}
