const line = 'Two of these are more than a batch holds, and each is less.\r\n';

/** A mail that is a batch of its own. @param field the first of its header */
export function batchMail(subject: string, field = 'From: a@example.net'): Buffer {
  const head = `${field}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.net>\r\n\r\n`;
  return Buffer.from(head + line.repeat(5_000_000 / line.length));
}
