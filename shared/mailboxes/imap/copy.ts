// Copying mails over IMAP, once: OK is no proof, since COPY may pass over mails without a word (RFC 3501 6.4.8).
import type { ImapFlow } from 'imapflow';
import { sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import { MaloteError } from '../../errors.ts';
import type { DisposalNotes, DisposalResult } from '../session.ts';
import { endOf, findCopied } from './copies.ts';
import { refusedCommand } from './errors.ts';
import { presentOf } from './search.ts';

const BY_UID = { uid: true };

/**
 * Copies mails of the selected folder that are not in the destination yet, and says of which it is in doubt whether they
 * arrived: those stay, and are never copied again. Before a COPY it is noted that it is asked for, so that after a crash
 * what was asked for is looked for first.
 * @throws MaloteError `disposal_refused` when the server refuses; `connection_lost`
 */
export async function copyOnce(
  client: ImapFlow,
  ids: string[],
  folder: string,
  notes: DisposalNotes,
): Promise<DisposalResult['kept']> {
  const present = await presentOf(
    client,
    ids.filter(id => notes.copyState(id) !== 'copied'),
  );
  const asked = present.filter(id => notes.copyState(id) !== undefined);
  const found = asked.length > 0 ? await findCopied(client, asked, folder) : new Set<string>();
  if (found.size > 0) await notes.noteCopies({ copied: [...found] });
  const doubtful = asked.filter(id => !found.has(id) && notes.copyState(id) === 'doubtful');
  const missing = present.filter(id => !found.has(id) && notes.copyState(id) !== 'doubtful');
  if (missing.length > 0) doubtful.push(...(await copy(client, missing, folder, notes)));
  return doubtful.length > 0 ? { ids: doubtful, refusal: inDoubt(folder, doubtful.length) } : undefined;
}

/** @returns those that the server says it has copied, and cannot show */
async function copy(
  client: ImapFlow,
  ids: string[],
  folder: string,
  notes: DisposalNotes,
): Promise<string[]> {
  // With UIDPLUS (RFC 4315) COPYUID names what was copied, and nothing needs to be looked for.
  const end = client.capabilities.has('UIDPLUS') ? undefined : await endOf(client, folder);
  await notes.noteCopies({ asked: ids });
  const copied = await client.messageCopy(sequenceSet(ids), folder, BY_UID);
  const refusal = copied ? undefined : refusedToCopy(client, folder);
  if (refusal?.code === 'connection_lost') throw refusal;
  // Sets that do not pair are no map to imapflow, and prove nothing.
  const { uidMap } = copied || { uidMap: undefined };
  const named = new Set([...(uidMap?.keys() ?? [])].map(String));
  const unnamed = ids.filter(id => !named.has(id));
  const seen = unnamed.length > 0 ? await findCopied(client, unnamed, folder, end) : new Set<string>();
  const [there, lacking] = [
    ids.filter(id => named.has(id) || seen.has(id)),
    unnamed.filter(id => !seen.has(id)),
  ];
  await notes.noteCopies({ copied: there, [refusal ? 'none' : 'doubtful']: lacking });
  if (refusal) throw refusal;
  return lacking;
}

function refusedToCopy(client: ImapFlow, folder: string): MaloteError {
  return refusedCommand(client, 'disposal_refused', {
    message: `The server refused to copy mail to "${folder}".`,
    cure: 'Check the rights of the login on that folder, and the quota of the mailbox.',
  });
}

function inDoubt(folder: string, mails: number): MaloteError {
  const [what, stays] = mails === 1 ? ['1 mail', 'it stays'] : [`${mails} mails`, 'they stay'];
  return new MaloteError(
    'disposal_refused',
    `The server says that it copied ${what} to "${folder}", but does not show that; ${stays} where mail is read.`,
    {
      cure: 'Nothing is lost: the mail was taken in. Move it by hand; it is not copied again.',
    },
  );
}
