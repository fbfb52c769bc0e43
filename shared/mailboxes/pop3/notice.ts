// Courier's notice: what it hands out in the place of a mail with 8-bit headers to a client that did not ask for UTF8 (RFC 6856).
import type { Readable } from 'node:stream';
import { headerFields } from '../header-block.ts';

/**
 * Its whole header (pop3dserver.c of courier-libs, ENABLE_UTF8_COMPLIANCE). Every mail that came over a network has at
 * least a Received besides. The boundary is made of process and time, and so another one in each session.
 */
const NOTICE = [
  /^from: mail delivery subsystem <postmaster>$/i,
  /^subject: cannot display unicode content$/i,
  /^mime-version: 1\.0$/i,
  /^content-type: multipart\/mixed; boundary="=_\d+-\d+"$/i,
];
/** More than the notice's header is long. */
const PEEKED_BYTES = 512;

/** Whether a mail that begins so is no mail, but the notice. */
export function isNotice(beginning: Buffer): boolean {
  const fields = headerFields(beginning);
  return fields.length === NOTICE.length && NOTICE.every((known, index) => known.test(fields[index] ?? ''));
}

/** The bytes of a mail as they come; undefined, when all was read, if it was the notice. */
export async function unlessNotice(chunks: Readable): Promise<AsyncIterable<Buffer> | undefined> {
  const reading: AsyncIterator<Buffer> = chunks[Symbol.asyncIterator]();
  const peeked: Buffer[] = [];
  let sizeBytes = 0;
  while (sizeBytes < PEEKED_BYTES) {
    const next = await reading.next();
    if (next.done) break;
    peeked.push(next.value);
    sizeBytes += next.value.length;
  }
  const rest: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => reading };
  if (isNotice(Buffer.concat(peeked))) {
    // The next response comes after it.
    for await (const _ of rest);
    return undefined;
  }
  return (async function* () {
    yield* peeked;
    yield* rest;
  })();
}
