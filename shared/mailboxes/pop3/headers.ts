// What the header block of a mail tells a POP3 reader, whose server tells no more: a digest to know it by, and when it came.
import { createHash } from 'node:crypto';

/** Lines that servers add or change when a mail is read (qpopper and its heirs). */
const VOLATILE = /^(status|x-uidl):/i;

/** The SHA-256 of a header block in hex, less `Status` and `X-UIDL`; the kind and number of final line ends do not count. */
export function headerDigest(block: Buffer): string {
  const kept = fieldsOf(block).filter(field => !VOLATILE.test(field));
  return createHash('sha256').update(kept.join('\r\n'), 'latin1').digest('hex');
}

/** When a mail came: its topmost Received, else its Date, else `now`. */
export function receivedAt(block: Buffer, now: Date): Date {
  const fields = fieldsOf(block);
  const contentOf = (name: string) =>
    fields.find(field => field.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1);
  // RFC 5321 4.4: the date stands after the last semicolon.
  const received = contentOf('received')?.split(';').at(-1);
  return dateOf(received) ?? dateOf(contentOf('date')) ?? now;
}

/** The fields with their continuation lines, as they stand; mails come with CRLF or, stored by Unix programs, with LF. */
function fieldsOf(block: Buffer): string[] {
  const [head = ''] = block.toString('latin1').split(/\r?\n\r?\n|^\r?\n/, 1);
  return head.split(/\r?\n(?![ \t])/).filter(field => field !== '');
}

const DATE =
  /\b(\d{1,2})\s+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\s+(\d{4})\s+(\d{1,2}:\d{2}(?::\d{2})?)(?:\s+([+-]\d{4}))?/i;

/** RFC 5322 3.3; a zone that is missing, or has a name, is taken for UTC: servers write offsets. */
function dateOf(text: string | undefined): Date | undefined {
  const [, day, month, year, time, zone = '+0000'] = DATE.exec(text ?? '') ?? [];
  if (day === undefined) return undefined;
  const instant = new Date(`${day} ${month} ${year} ${time} ${zone}`);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}
