// A large mail goes over the disk: in a folder of its own, with room taken for it, and gone when the mail is safe.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Content } from '../../azure/blobs.ts';
import type { Share } from '../../budget.ts';
import type { Clients } from '../../clients.ts';
import { MaloteError } from '../../errors.ts';
import { SPOOLED_TIMES, waitForDisk } from './room.ts';

/** Where one mail is spooled, and the room that it has. */
export type Spool = { folder: string; room: Share };

/** The raw of one mail on its way to Blob. */
export type Raw = { content: Content; sizeBytes: number; sha256: string };

/**
 * Works with a folder for one mail. Room that was not `taken` before is waited for.
 * @throws MaloteError `dependency_unavailable` when there is none for long, `too_large` when all there is does not do, and what
 *   `work` throws
 */
export async function withSpool<T>(
  clients: Clients,
  sizeBytes: number,
  taken: Share | undefined,
  work: (spool: Spool) => Promise<T>,
): Promise<T> {
  const room = taken ?? (await waitForDisk(clients, sizeBytes));
  if (!room) throw noRoom();
  const folder = await mkdtemp(join(tmpdir(), 'malote-'));
  try {
    return await work({ folder, room });
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    const message = 'The mail does not fit on the disk of the app, although it had it to itself.';
    throw room.isAll ? new MaloteError('too_large', message, { cause: error }) : noRoom(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
    if (!taken) room.giveBack();
  }
}

/** Writes a mail as it comes. One that turns out longer than was told takes more room. */
export async function writeToDisk(stream: Readable, { folder, room }: Spool, name = 'raw'): Promise<Raw> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  await pipeline(
    stream,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        sizeBytes += chunk.byteLength;
        if (!room.growTo(sizeBytes * SPOOLED_TIMES)) throw noRoom();
        yield chunk;
      }
    },
    createWriteStream(path),
  );
  return { content: { path }, sizeBytes, sha256: hash.digest('hex') };
}

function noRoom(cause?: unknown): MaloteError {
  return new MaloteError('dependency_unavailable', 'Other mails take up the disk; this one comes again.', {
    cause,
  });
}

/** The parsing thread's failures come as causes. */
function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === 'ENOSPC') || isDiskFull(error.cause);
}
