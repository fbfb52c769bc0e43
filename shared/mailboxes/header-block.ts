// What the header block of a mail tells where its server tells no more: its fields, and when it came.

/** The fields with their continuation lines, as they stand; mails come with CRLF or, stored by Unix programs, with LF. */
export function headerFields(block: Buffer): string[] {
  const [head = ''] = block.toString('latin1').split(/\r?\n\r?\n|^\r?\n/, 1);
  return head.split(/\r?\n(?![ \t])/).filter(field => field !== '');
}

/** When a mail came: its topmost Received, else its Date, else `now`. */
export function receivedAt(block: Buffer, now: Date): Date {
  const fields = headerFields(block);
  const contentOf = (name: string) =>
    fields.find(field => field.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1);
  // RFC 5321 4.4: the date stands after the last semicolon.
  const received = contentOf('received')?.split(';').at(-1);
  return dateOf(received) ?? dateOf(contentOf('date')) ?? now;
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
