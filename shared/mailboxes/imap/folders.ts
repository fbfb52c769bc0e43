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

type Refusal = { mailboxMissing?: boolean; serverResponseCode?: string };

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
