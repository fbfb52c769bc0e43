// Sending a mail that comes as MIME: into "Sent Items", and into the inbox of whoever has a mailbox here.
// https://learn.microsoft.com/graph/outlook-send-mime-message
import { GraphError } from './graph-error.ts';
import type { GraphRequest, Operation } from './operation.ts';

/** Graph takes requests of up to 4 MB. */
const MOST_BYTES = 4 * 1024 * 1024;

export const sendMail: Operation = {
  method: 'POST',
  path: 'sendMail',
  name: 'POST sendMail',
  sends: true,
  perform: ({ mailbox, body, findMailbox }: GraphRequest) => {
    if (body.length > MOST_BYTES)
      throw new GraphError(
        413,
        'ErrorMessageSizeExceeded',
        'The message exceeds the maximum supported size.',
      );
    const raw = decode(body);
    const [from] = addressesIn(raw, 'from');
    if (from === undefined) throw invalid('The MIME content has no From.');
    if (from !== mailbox.address) {
      const sentence = `The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.`;
      throw new GraphError(403, 'ErrorSendAsDenied', sentence);
    }
    const recipients = ['to', 'cc', 'bcc'].flatMap(name => addressesIn(raw, name));
    if (recipients.length === 0 || recipients.some(address => !/^[^\s@]+@[^\s@]+$/.test(address)))
      throw new GraphError(400, 'ErrorInvalidRecipients', 'At least one recipient is not valid.');
    const sentAt = new Date();
    mailbox.deliver(mailbox.getFolder('sentitems'), { raw }, raw.length, sentAt);
    for (const other of recipients.map(findMailbox))
      other?.deliver(other.getFolder('inbox'), { raw }, raw.length, sentAt);
    return { status: 202 };
  },
};

function decode(body: string): Buffer {
  const text = body.replaceAll(/\s/g, '');
  if (text === '' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    const sentence = 'Invalid base64 string for MIME content.';
    throw new GraphError(400, 'ErrorMimeContentInvalidBase64String', sentence);
  }
  return Buffer.from(text, 'base64');
}

/** Of a header, unfolded; in lower case. */
function addressesIn(raw: Buffer, name: string): string[] {
  const [header = ''] = raw.toString('latin1').split('\r\n\r\n', 1);
  const unfolded = header.replaceAll(/\r\n(?=[ \t])/g, '');
  const [, value] = new RegExp(`^${name}:(.*)$`, 'im').exec(unfolded) ?? [];
  if (value === undefined) return [];
  return value.split(',').map(part => (/<([^<>]*)>/.exec(part)?.[1] ?? part).trim().toLowerCase());
}

function invalid(sentence: string): GraphError {
  return new GraphError(400, 'ErrorMimeContentInvalid', sentence);
}
