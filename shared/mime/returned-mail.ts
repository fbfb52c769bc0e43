// The mail that a report is about, as far as the report gives it back: its Message-ID and whom it went to.

import { addressesIn } from './addresses-in-text.ts';
import type { Report } from './attachments.ts';
import { HeaderFields } from './header-fields.ts';
import { readMessageIds } from './headers.ts';

/** RFC 3462 2 and RFC 6532 3.7: the mail itself, or its header. */
const returnedTypes = new Set([
  'message/rfc822',
  'message/global',
  'text/rfc822-headers',
  'text/rfc822-header',
  'message/rfc822-headers',
  'message/global-headers',
]);

export type ReturnedMail = {
  /** With its angle brackets. */
  messageId: string | null;
  /** The only one whom it went to, by its header; null when there are several, or none is told. */
  onlyRecipient: string | null;
};

/**
 * @param reports the parts that classification reads
 * @param returned the beginning of the mail where a server quotes it in its text
 * @param prose what the server wrote itself: some name the Message-ID there
 * @param answered what the report says it answers (In-Reply-To, References): the last that is believed
 */
export function readReturnedMail(
  reports: Report[],
  returned: string,
  prose: string,
  answered: string[],
): ReturnedMail {
  const parts = reports.filter(({ type }) => returnedTypes.has(type));
  const headers = parts.map(({ beginning }) => new HeaderFields(beginning.toString().trimStart()));
  const written = headers.map(fields => readMessageIds(fields.first('message-id'))[0]).find(Boolean);
  const told = reports
    .filter(({ type }) => !returnedTypes.has(type))
    .map(({ beginning }) => toldIn.exec(beginning.toString())?.[1])
    .find(Boolean);
  const messageId = written ?? told ?? inText(returned) ?? inText(prose) ?? answered[0] ?? null;
  const [to, cc] = headers[0]
    ? [headers[0].all('to').join(','), headers[0].all('cc').join(',')]
    : [toIn.exec(returned)?.[1] ?? '', ccIn.exec(returned)?.[1] ?? ''];
  const recipients = addressesIn(`${to},${cc}`.slice(0, 5000));
  const [first] = recipients;
  const alone = first && recipients.every(({ address }) => address === first.address);
  return { messageId, onlyRecipient: alone ? first.address : null };
}

/** RFC 8098 3.2.5; servers use the name in reports of deliveries, too, or let the original's header follow there. */
const toldIn = /^(?:(?:x-)?original-)?message-id:\s{0,20}(<[^<>\s]{1,998}>)/im;
const toIn = /^[ \t>]{0,8}To:([^\n]{1,1000})/im;
const ccIn = /^[ \t>]{0,8}Cc:([^\n]{1,1000})/im;

function inText(text: string): string | undefined {
  return /message[- ]id(?: is)?:?\s{0,20}>?\s{0,4}(<[^<>\s@]{1,250}@[^<>\s]{1,250}>)/i.exec(text)?.[1];
}
