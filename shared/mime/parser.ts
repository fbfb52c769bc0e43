// Parses mail of strangers in threads with limits of memory and time, so that no mail can stop the process.

import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Defect } from '../domain/mail/mail.ts';
import { MaloteError } from '../errors.ts';
import type { ParsedMail, ParseOptions } from './parse.ts';
import { closedError, type Job, type Outcome, Seat, unreadable } from './parse-seat.ts';
import type { ParseInput } from './parse-worker.ts';
import { rescue, rescueBytes } from './rescue.ts';

/** Wall time for one mail: a base, and so much for each megabyte. Ordinary mails take milliseconds. */
const baseTimeMs = 5_000;
const timePerMegabyteMs = 1_000;
/** A mail among others gets so much of it. */
const shareAmongOthers = 1 / 5;
/** Heap that one mail may fill, unless told otherwise. The bytes of mails and attachments lie outside of it. */
const defaultHeapMegabytes = 384;

/** The thread's file: beside this one in source, `mime-worker.js` at the root of `dist/` once bundled (build.ts). */
const workerUrl = ['./parse-worker.ts', './mime-worker.js', '../mime-worker.js']
  .map(path => new URL(path, import.meta.url))
  .find(url => existsSync(fileURLToPath(url)));

export type Parser = {
  /**
   * Parses one mail as `parse` does. A mail that takes too long or too much memory is given with
   * `parse.status: 'failed'` and its main headers.
   *
   * @throws MaloteError `internal` when the bytes cannot be read or the spool not be written
   */
  parse(input: ParseInput, options: ParseOptions): Promise<ParsedMail>;
  /**
   * The same for a mail that others wait for: it gets a fifth of its time.
   *
   * @returns undefined when that is not enough; it is to be parsed alone then
   * @throws MaloteError as `parse` does
   */
  parseAmongOthers(input: ParseInput, options: ParseOptions): Promise<ParsedMail | undefined>;
  /** What can be said of a mail without parsing it: its main headers, with why it was not parsed. */
  skim(input: ParseInput, defect: Defect): Promise<ParsedMail>;
  /** Ends the threads; waits for none of the mails under way, which reject. */
  close(): Promise<void>;
};

export type ParserOptions = {
  /**
   * Threads at most, each parsing one mail at a time. Another is started when all there are have been at one mail for half a
   * second: each loads and compiles everything for itself, and the one keeps up with the rest of the process.
   */
  workers?: number;
  /** Wall time for a mail of a given size. */
  timeLimitMs?: (sizeBytes: number) => number;
  /** Heap that one mail may fill. */
  heapMegabytes?: number;
};

/**
 * Creates a pool of parsing threads. Idle threads do not keep the process alive.
 *
 * @throws MaloteError `misconfigured` when the build lacks the thread's file
 */
export function createParser(options: ParserOptions = {}): Parser {
  if (!workerUrl)
    throw new MaloteError('misconfigured', 'The file of the parsing thread is missing from the build.');
  const timeLimitMs = options.timeLimitMs ?? (bytes => baseTimeMs + (bytes / 1e6) * timePerMegabyteMs);
  const heapMegabytes = options.heapMegabytes ?? defaultHeapMegabytes;
  const seats = Array.from(
    { length: options.workers ?? 1 },
    () => new Seat(workerUrl, heapMegabytes, returned => seatNext(returned)),
  );
  const waiting: Job[] = [];
  let closed = false;

  const seatNext = (returned: Job[] = []) => {
    waiting.unshift(...returned);
    for (const seat of seats) {
      while (waiting[0] && seat.hasRoomFor(waiting[0])) seat.run(waiting.shift() as Job);
      if (!seat.isSlow) return;
    }
  };
  const run = async (input: ParseInput, parseOptions: ParseOptions, share: number): Promise<Outcome> => {
    const timeMs = share * timeLimitMs(await sizeOf(input));
    if (closed) throw closedError();
    return new Promise((resolve, reject) => {
      waiting.push({ input, options: parseOptions, timeMs, resolve, reject });
      seatNext();
    });
  };
  return {
    async parse(input, parseOptions) {
      const outcome = await run(input, parseOptions, 1);
      return 'parsed' in outcome ? outcome.parsed : skim(input, outcome.stopped);
    },
    async parseAmongOthers(input, parseOptions) {
      const outcome = await run(input, parseOptions, shareAmongOthers);
      if ('parsed' in outcome) return outcome.parsed;
      return outcome.stopped.code === 'timed_out' ? undefined : skim(input, outcome.stopped);
    },
    skim,
    async close() {
      closed = true;
      for (const job of waiting.splice(0)) job.reject(closedError());
      await Promise.all(seats.map(seat => seat.close()));
    },
  };
}

async function sizeOf(input: ParseInput): Promise<number> {
  if ('bytes' in input) return input.bytes.byteLength;
  try {
    return (await stat(input.path)).size;
  } catch (error) {
    throw unreadable(error);
  }
}

async function skim(input: ParseInput, defect: Defect): Promise<ParsedMail> {
  const beginning = await beginningOf(input).catch(error => {
    throw unreadable(error);
  });
  return { mail: rescue(beginning, defect), attachments: [], confirmedDomain: null };
}

async function beginningOf(input: ParseInput): Promise<Uint8Array> {
  if ('bytes' in input) return input.bytes.subarray(0, rescueBytes);
  const file = await open(input.path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(rescueBytes), 0, rescueBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
