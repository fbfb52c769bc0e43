// The second half of the connection test over IMAP: what the server can do, and the folders of the account.
import type { ImapFlow, MailboxObject } from 'imapflow';
import { formerGeneration, imapGeneration } from '../../domain/mail/key.ts';
import type { MailboxSettings, ServerMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import type { Finding, Subject, WouldRead } from '../probe/step.ts';
import { quoted } from '../quoted.ts';
import { createFolder, findFolder, openFolder } from './folders.ts';
import { describeMails, listUids } from './list.ts';
import { requireRights } from './rights.ts';

/** Up to so many mails each is asked for its date; of more, only the first. */
const MOST_DATED = 1000;
const FIRST_DATED = 250;

/** What the lack of an extension means to us. */
const extensions = [
  { name: 'MOVE', lack: 'mail is copied and then deleted, instead of moved in one step' },
  { name: 'UIDPLUS', lack: 'mail that another client marks deleted holds up the removal of ours' },
  { name: 'ACL', lack: 'what the login may do is known only as far as the folder tells' },
];

/** What the server can do of what helps us. */
export function describeExtensions(client: ImapFlow, { mailbox }: Subject<ServerMailbox>): Finding {
  const isOfUse = (name: string) => name !== 'MOVE' || mailbox.afterRead.action === 'move';
  const lacking = extensions.filter(({ name }) => isOfUse(name) && !client.capabilities.has(name));
  const sentence = lacking.map(({ name, lack }) => `without ${name} ${lack}`).join('; ');
  const { name } = client.serverInfo ?? {};
  return {
    message: sentence ? `All goes well, but ${sentence}.` : 'The server has everything that helps.',
    detail: {
      ...(name ? { server: quoted(String(name)) } : {}),
      ...Object.fromEntries(extensions.map(({ name }) => [name, client.capabilities.has(name)])),
    },
  };
}

/** Opens the folder that is read. */
export async function tryFolder(client: ImapFlow, { mailbox }: Subject<ServerMailbox>): Promise<Finding> {
  const { folder } = mailbox;
  const { exists = 0, readOnly = false, uidValidity } = await openFolder(client, folder);
  return {
    message: `The folder "${folder}" has ${mailsOf(exists)}.`,
    detail: { mails: exists, readOnly, uidValidity: String(uidValidity) },
  };
}

/** Counts the mails that the next fetches would take in. */
export async function countMails(
  client: ImapFlow,
  { mailbox, readFrom, finishedIn, clock }: Subject<ServerMailbox>,
): Promise<{ wouldRead: WouldRead; finding: Finding }> {
  const generation = imapGeneration(mailbox, openedOf(client).uidValidity);
  const isFinished = finishedIn(generation, formerGeneration(mailbox, generation));
  const listed = (await listUids(client, readFrom)).filter(id => !isFinished(id));
  const exact = listed.length <= MOST_DATED;
  const described = await describeMails(client, exact ? listed : listed.slice(0, FIRST_DATED), clock());
  const dates = described.map(({ receivedAt }) => receivedAt).filter(date => date >= readFrom);
  const oldest = dates.length === 0 ? null : new Date(Math.min(...dates.map(Number))).toISOString();
  const count = exact ? dates.length : listed.length;
  const howMany = `${exact ? '' : 'About '}${mailsOf(count)}`;
  const message = `${howMany} would be read${oldest ? `, the oldest of ${oldest}` : ''}.`;
  return { wouldRead: { count, oldest, exact }, finding: { message } };
}

/**
 * Looks for the folder that mail is moved to, and creates it when that is wanted.
 * @throws MaloteError `destination_missing`, `disposal_refused`
 */
export async function tryDestination(
  client: ImapFlow,
  { mailbox: { afterRead }, createFolder: isWanted }: Subject,
): Promise<Finding> {
  if (afterRead.action === 'delete') {
    return { outcome: 'skipped', message: 'Mail is deleted when it is read, so there is no destination.' };
  }
  const { folder } = afterRead;
  const found = await findFolder(client, folder);
  if (found) return { message: `The folder "${folder}" is there, with ${mailsOf(found.mails)}.` };
  if (isWanted) {
    await createFolder(client, folder);
    if (await findFolder(client, folder))
      return { message: `The folder "${folder}" was created.`, detail: { created: true } };
  }
  throw new MaloteError('destination_missing', `The mailbox has no folder "${folder}" to move mail to.`, {
    cure: 'Correct mailbox.afterRead.folder, or repeat the test with "createFolder": true to create it.',
  });
}

/**
 * Whether mail may be moved or deleted, without touching one: what SELECT told (RFC 9051 6.3.2), and the rights where the
 * server has them (RFC 4314).
 * @throws MaloteError `disposal_refused`
 */
export async function checkPermission(
  client: ImapFlow,
  { mailbox }: Subject<ServerMailbox>,
): Promise<Finding> {
  const { readOnly, permanentFlags } = openedOf(client);
  if (readOnly || (permanentFlags && !permanentFlags.has('\\Deleted'))) throw mayNotDelete(mailbox);
  const act = mailbox.afterRead.action === 'move' ? 'moved' : 'deleted';
  if (!client.capabilities.has('ACL')) return { message: `Nothing tells that mail may not be ${act}.` };
  await requireRights(client, mailbox);
  return { message: `The login has the rights by which mail is ${act}.` };
}

function mayNotDelete({ folder }: MailboxSettings): MaloteError {
  return new MaloteError(
    'disposal_refused',
    `The login may read the folder "${folder}", but not delete in it.`,
    {
      cure: 'Give the login the right to change the folder, or use another login.',
    },
  );
}

function openedOf({ mailbox }: ImapFlow): MailboxObject {
  if (!mailbox) throw new MaloteError('connection_lost', 'The connection to the server broke.');
  return mailbox;
}

function mailsOf(count: number): string {
  return count === 1 ? '1 mail' : `${count} mails`;
}
