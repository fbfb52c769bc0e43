// The bytes of a mail, in memory or in a file, given away in chunks so that a mail of 100 MB is never copied whole.
// Graph makes the MIME anew from what Exchange stored, with CRLF; here the delivered bytes come back exactly as they are.
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';

const chunkBytes = 65_536;

export type MimeContent = { raw: Buffer } | { path: string };

export async function sizeOf(content: MimeContent): Promise<number> {
  return 'raw' in content ? content.raw.length : (await stat(content.path)).size;
}

/** The first `sizeBytes` of it. */
export function streamOf(content: MimeContent, sizeBytes: number): Readable {
  if (sizeBytes === 0) return Readable.from([]);
  if ('path' in content)
    return createReadStream(content.path, { end: sizeBytes - 1, highWaterMark: chunkBytes });
  return Readable.from(chunksOf(content.raw.subarray(0, sizeBytes)));
}

/** Its first 64 kB. */
export function beginningOf(content: MimeContent): Buffer {
  if ('raw' in content) return content.raw.subarray(0, chunkBytes);
  const file = openSync(content.path, 'r');
  const beginning = Buffer.alloc(chunkBytes);
  const sizeBytes = readSync(file, beginning);
  closeSync(file);
  return beginning.subarray(0, sizeBytes);
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += chunkBytes)
    yield bytes.subarray(start, start + chunkBytes);
}
