// Who wrote a mail and what about, read from its header block where the server tells it no other way.
import libmime from 'libmime';
import { headerFields } from './header-block.ts';
import type { Envelope } from './session.ts';

/** From and Subject, decoded (RFC 2047; bare 8-bit is taken for UTF-8). Empty where there is none. */
export function readEnvelope(block: Buffer): Envelope {
  const contentOf = (name: string) => {
    const field = headerFields(block).find(each => each.toLowerCase().startsWith(`${name}:`)) ?? '';
    const text = Buffer.from(field.slice(name.length + 1), 'latin1').toString();
    return text.replace(/\r?\n/g, '').trim();
  };
  const from = contentOf('from');
  return { from: /<([^<>]+)>/.exec(from)?.[1] ?? from, subject: libmime.decodeWords(contentOf('subject')) };
}
