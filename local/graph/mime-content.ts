// The bytes of a mail, in memory or in a file, given away in chunks so that a mail of 100 MB is never copied whole.
// Graph makes the MIME anew from what Exchange stored, with CRLF; here the delivered bytes come back exactly as they are.
import { createReadStream } from 'node:fs';
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

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += chunkBytes)
    yield bytes.subarray(start, start + chunkBytes);
}
