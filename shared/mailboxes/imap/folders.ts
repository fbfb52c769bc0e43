// Folders of an IMAP account, named as the server names them: opening the one that is read, finding the one mail is moved to.
import type { ImapFlow, MailboxObject } from 'imapflow';
import { MaloteError } from '../../errors.ts';
import { quoted } from '../quoted.ts';

/**
 * Selects the folder that is read.
 * @throws MaloteError `folder_missing`; whatever else the client throws comes as it is
 */
export async function openFolder(client: ImapFlow, folder: string): Promise<MailboxObject> {
  try {
    return await client.mailboxOpen(folder);
  } catch (error) {
    const { mailboxMissing, serverResponseCode } = error as Refusal;
    // RFC 5530: NOPERM is also what a server says that does not tell whether a folder exists.
    if (!mailboxMissing && serverResponseCode !== 'NOPERM') throw error;
    const fault = mailboxMissing ? 'The mailbox has no folder' : 'The login may not open the folder';
    throw new MaloteError('folder_missing', `${fault} "${folder}".`, {
      cause: error,
      cure: mailboxMissing
        ? 'Create the folder at the server, or correct mailbox.folder: it is named exactly as on the server.'
        : 'Give the login the right to read the folder, or correct mailbox.folder.',
    });
  }
}

/**
 * Looks into another folder, read only, and comes back to the one that is selected (SELECT leaves the old one without
 * expunging it, RFC 9051 6.3.2).
 * @returns undefined when the server does not open it
 * @throws MaloteError `connection_lost` when the first one is no longer the same
 */
export async function openOther<T>(
  client: ImapFlow,
  folder: string,
  look: (opened: MailboxObject) => Promise<T>,
): Promise<{ seen: T } | undefined> {
  const { mailbox } = client;
  if (!mailbox) throw new MaloteError('connection_lost', 'The connection to the server broke.');
  const { path, uidValidity } = mailbox;
  // Whatever happens over there, no command meant for mails here may be given there.
  const comeBack = async () => {
    const again = await client.mailboxOpen(path).catch(error => {
      client.close();
      throw error;
    });
    if (again.uidValidity === uidValidity) return;
    client.close();
    throw new MaloteError('connection_lost', 'The folder was made anew while another one was looked into.', {
      cure: 'Nothing to do: the mailbox is read again.',
    });
  };
  try {
    const opened = await client.mailboxOpen(folder, { readOnly: true }).catch((error: Refusal) => {
      if (error.responseStatus !== 'NO') throw error;
      return undefined;
    });
    return opened && { seen: await look(opened) };
  } finally {
    await comeBack();
  }
}

type Refusal = { responseStatus?: string; mailboxMissing?: boolean; serverResponseCode?: string };

/** Whether the account has this folder, and how many mails are in it; undefined when there is none. */
export async function findFolder(client: ImapFlow, folder: string): Promise<{ mails: number } | undefined> {
  const status = await client.status(folder, { messages: true }).catch((error: { code?: string }) => {
    if (error.code === 'NotFound') return undefined;
    throw error;
  });
  return status ? { mails: status.messages ?? 0 } : undefined;
}

/** Creates a folder. @throws MaloteError `disposal_refused` with the server's words */
export async function createFolder(client: ImapFlow, folder: string): Promise<void> {
  try {
    await client.mailboxCreate(folder);
  } catch (error) {
    const { responseStatus, responseText = '' } = error as { responseStatus?: string; responseText?: string };
    if (responseStatus !== 'NO') throw error;
    throw new MaloteError(
      'disposal_refused',
      `The server refused to create the folder "${folder}". It said: ${quoted(responseText)}`,
      { cause: error, cure: 'Create the folder with a mail program, then test again.' },
    );
  }
}
