// A large mail goes over the disk: in a folder of its own, with room taken for it, and gone when the mail is safe.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Content } from '../../azure/blobs.ts';
import type { Share } from '../../budget.ts';
import { MaloteError } from '../../errors.ts';
import { spoolPrefix } from '../../spool-folders.ts';
import { SPOOLED_TIMES, waitForDisk } from './room.ts';
import type { IntakeContext } from './visit.ts';

/** Where one mail is spooled, and the room that it has. */
export type Spool = { folder: string; room: Share };

/** The raw of one mail on its way to Blob. */
export type Raw = { content: Content; sizeBytes: number; sha256: string };

/** Other mails have the room, or something else has filled the disk: no mail's fault, and it passes. */
export const NO_ROOM = 'noRoom';

/**
 * Works with a folder for one mail. Room that was not `taken` before is waited for.
 * @returns `NO_ROOM` when there is none for long, or the disk is full, before or in the middle of `work`
 * @throws MaloteError `too_large` when all there is does not do, and what `work` throws
 */
export async function withSpool<T>(
  { clients, log }: Pick<IntakeContext, 'clients' | 'log'>,
  sizeBytes: number,
  taken: Share | undefined,
  work: (spool: Spool) => Promise<T>,
): Promise<T | typeof NO_ROOM> {
  const room = taken ?? (await waitForDisk(clients, sizeBytes));
  if (!room) return NO_ROOM;
  let folder: string | undefined;
  const noRoom = async (): Promise<typeof NO_ROOM> => {
    log.warn('disk-full', { wantedBytes: room.bytes, freeBytes: await freeBytes() });
    return NO_ROOM;
  };
  try {
    // The budget is of what was free when the app started.
    if ((await freeBytes()) < room.bytes) return await noRoom();
    folder = await mkdtemp(join(tmpdir(), spoolPrefix()));
    return await work({ folder, room });
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    if (!room.isAll || !folder || (await bytesIn(folder)) <= room.bytes) return await noRoom();
    const message = 'The mail does not fit on the disk of the app, although it had it to itself.';
    throw new MaloteError('too_large', message, { cause: error });
  } finally {
    if (folder) await rm(folder, { recursive: true, force: true });
    if (!taken) room.giveBack();
  }
}

/** Writes a mail as it comes. One that turns out longer than was told takes more room; without, the disk is full for it. */
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
        if (!room.growTo(sizeBytes * SPOOLED_TIMES))
          throw Object.assign(new Error('Other mails take up the disk.'), { code: 'ENOSPC' });
        yield chunk;
      }
    },
    createWriteStream(path),
  );
  return { content: { path }, sizeBytes, sha256: hash.digest('hex') };
}

async function freeBytes(): Promise<number> {
  const { bavail, bsize } = await statfs(tmpdir());
  return bavail * bsize;
}

async function bytesIn(folder: string): Promise<number> {
  const files = await Promise.all((await readdir(folder)).map(name => stat(join(folder, name))));
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** The parsing thread's failures come as causes, and their own causes without their class. A quota is a disk, too. */
function isDiskFull(error: unknown): boolean {
  if (typeof error !== 'object' || !error) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT' || isDiskFull(cause);
}
