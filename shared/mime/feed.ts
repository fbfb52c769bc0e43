// Brings a mail to mailparser, repaired: in few large pieces, and no faster than it takes them.

import type { Readable, Writable } from 'node:stream';
import type { LineEnds } from './line-ends.ts';
import type { Repair } from './repair.ts';

/** So much of a mail in memory is looked at in one go, and so much comes together for mailparser. */
const pieceBytes = 64 * 1024;

/** Resolves when all was written, or when the parser has been destroyed. Rejects with the error of the stream `raw`. */
export async function feed(
  raw: Uint8Array | Readable,
  lineEnds: LineEnds,
  repair: Repair,
  parser: Writable,
): Promise<void> {
  let batch: Buffer[] = [];
  let batchBytes = 0;
  const add = (pieces: Buffer[]) => {
    for (const piece of pieces) {
      batch.push(piece);
      batchBytes += piece.length;
    }
  };
  for await (const chunk of raw instanceof Uint8Array ? pieces(raw) : raw) {
    if (parser.destroyed) return;
    add(repair.write(lineEnds.write(chunk)));
    if (batchBytes < pieceBytes) continue;
    const whole = Buffer.concat(batch, batchBytes);
    batch = [];
    batchBytes = 0;
    if (!parser.write(whole)) await takesMore(parser);
  }
  if (parser.destroyed) return;
  add(repair.write(lineEnds.end()));
  add(repair.end());
  parser.end(Buffer.concat(batch, batchBytes));
}

/** Resolves when it takes more, or nothing any more. */
function takesMore(parser: Writable): Promise<void> {
  return new Promise(resolve => {
    const go = () => {
      parser.off('drain', go).off('close', go);
      resolve();
    };
    parser.on('drain', go).on('close', go);
  });
}

function* pieces(bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes)
    yield Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(pieceBytes, bytes.length - at));
}
