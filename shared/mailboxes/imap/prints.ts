// What a server tells of mails without their bodies, by which the same mail is known in another folder, or under another UID.
import type { ImapFlow } from 'imapflow';

const BY_UID = { uid: true };

/** What is compared. INTERNALDATE and size alone are not enough: other mails may have the same. */
const FIELDS = ['MESSAGE-ID', 'DATE', 'FROM', 'TO', 'SUBJECT'];

/** `date` in milliseconds since 1970, 0 when the server does not tell it; `fields` with single spaces. */
export type Print = {
  uid: string;
  fields: string;
  messageId: string | undefined;
  date: number;
  sizeBytes: number;
};

/** The prints of mails in the selected folder, in the order of the server. One command. */
export async function readPrints(client: ImapFlow, set: string): Promise<Print[]> {
  const prints: Print[] = [];
  const query = { uid: true, internalDate: true, size: true, headers: FIELDS };
  for await (const { uid, internalDate, size, headers } of client.fetch(set, query, BY_UID)) {
    if (size === undefined || headers === undefined) continue;
    const fields = headers.toString('latin1').replace(/\s+/g, ' ').trim();
    prints.push({
      uid: String(uid),
      fields,
      messageId: /(?:^|\s)message-id: ?(\S+)/i.exec(fields)?.[1],
      date: internalDate instanceof Date ? internalDate.getTime() : 0,
      sizeBytes: size,
    });
  }
  return prints;
}
