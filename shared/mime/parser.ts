// Parses mail of strangers in threads with limits of memory and time, so that no mail can stop the process.

import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Defect } from '../domain/mail/mail.ts';
import { MaloteError } from '../errors.ts';
import type { ParsedMail, ParseOptions } from './parse.ts';
import type { ParseInput, ParseJob, ParseMessage } from './parse-worker.ts';
import { rescue, rescueBytes } from './rescue.ts';

/** Wall time for one mail: a base, and so much for each megabyte. Ordinary mails take milliseconds. */
const baseTimeMs = 5_000;
const timePerMegabyteMs = 1_000;
/** A mail among others gets so much of it. */
const shareAmongOthers = 1 / 5;
/** Heap that one mail may fill, unless told otherwise. The bytes of mails and attachments lie outside of it. */
const defaultHeapMegabytes = 384;
/**
 * What V8 is told that the heap may grow to. Of less it expects a small device: it lets a heap grow by three tenths instead of
 * fourfold between collections (`MaxGrowingFactor` in its heap-controller), and a third of the parsing is collecting garbage.
 */
const v8HeapMegabytes = 2048;
/** How often a thread is looked at that is at one mail for so long. */
const lookMs = 50;
/** A thread that is at one mail for so long is not waited for: another takes the others. */
const slowMs = 500;

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

/** A mail, or why its parsing had to be stopped. */
type Outcome = { parsed: ParsedMail } | { stopped: Defect };

type Job = {
  input: ParseInput;
  options: ParseOptions;
  timeMs: number;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
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
    () => new Seat(workerUrl, heapMegabytes, () => seatNext()),
  );
  const waiting: Job[] = [];
  let closed = false;

  const seatNext = () => {
    for (const seat of seats) {
      const job = seat.busy ? undefined : waiting.shift();
      if (job) seat.run(job);
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

/** One thread and the mail it is parsing. A thread that had to be stopped is replaced with the next mail. */
class Seat {
  #worker: Worker | null = null;
  #isReady = false;
  #job: Job | null = null;
  #since = 0;
  #looking: NodeJS.Timeout | undefined;
  #file: URL;
  #heapMegabytes: number;
  #onChange: () => void;

  /** @param onChange called when it is free, and when others should not wait for it any longer */
  constructor(file: URL, heapMegabytes: number, onChange: () => void) {
    this.#file = file;
    this.#heapMegabytes = heapMegabytes;
    this.#onChange = onChange;
  }

  get busy(): boolean {
    return this.#job !== null;
  }

  get isSlow(): boolean {
    return this.#looking !== undefined && performance.now() - this.#since >= slowMs;
  }

  run(job: Job): void {
    this.#job = job;
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#begin();
    const { input, options } = job;
    // The caller keeps its bytes. They are often a view of far more, all of which would be copied with them.
    const own = 'bytes' in input ? { bytes: new Uint8Array(input.bytes) } : input;
    const moved = 'bytes' in own ? [own.bytes.buffer] : [];
    this.#worker.postMessage({ input: own, options } satisfies ParseJob, moved);
  }

  /** What a thread takes to load its code is no mail's fault. */
  #begin(): void {
    if (!this.#job || !this.#isReady) return;
    this.#since = performance.now();
    this.#looking = setInterval(() => void this.#look(), lookMs);
  }

  async #look(): Promise<void> {
    const [worker, job] = [this.#worker, this.#job];
    if (!worker || !job) return;
    if (performance.now() - this.#since >= job.timeMs) {
      const message = `Parsing took longer than ${Math.round(job.timeMs / 1000)} seconds.`;
      return this.#stop('timed_out', message);
    }
    if (this.isSlow) this.#onChange();
    // A thread answers amid whatever it is doing; one that has ended does not.
    const heap = await worker.getHeapStatistics().catch(() => undefined);
    if (this.#job === job && heap && heap.used_heap_size > this.#heapMegabytes * 1e6) this.#outOfMemory();
  }

  async close(): Promise<void> {
    const job = this.#take();
    await this.#worker?.terminate();
    this.#worker = null;
    job?.reject(closedError());
  }

  #start(): Worker {
    this.#isReady = false;
    const worker = new Worker(this.#file, {
      resourceLimits: {
        maxOldGenerationSizeMb: v8HeapMegabytes,
        // Of more, 25 MB more stay resident, and parsing is not faster.
        maxYoungGenerationSizeMb: 4,
        stackSizeMb: 4,
      },
    });
    worker.on('message', (said: ParseMessage) => {
      if (said !== 'ready') return this.#answered(said);
      this.#isReady = true;
      this.#begin();
    });
    worker.on('error', error => {
      if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') this.#outOfMemory();
      else this.#stop('parser_failed', `Parsing failed: ${error.message}`.slice(0, 300));
    });
    return worker;
  }

  #answered(answer: Exclude<ParseMessage, 'ready'>): void {
    const job = this.#take();
    // An idle thread does not keep the process alive.
    this.#worker?.unref();
    if ('parsed' in answer) job?.resolve(answer);
    else job?.reject(unreadable(answer.unreadable));
    this.#onChange();
  }

  #outOfMemory(): void {
    this.#stop('out_of_memory', `Parsing took more than ${this.#heapMegabytes} MB of memory.`);
  }

  #stop(code: string, message: string): void {
    const worker = this.#worker;
    const job = this.#take();
    this.#worker = null;
    worker?.removeAllListeners();
    // Termination of a thread that is already gone, or goes later, concerns nobody any more.
    worker?.on('error', () => {});
    void worker?.terminate();
    job?.resolve({ stopped: { code, message } });
    this.#onChange();
  }

  #take(): Job | null {
    clearInterval(this.#looking);
    this.#looking = undefined;
    const job = this.#job;
    this.#job = null;
    return job;
  }
}

function unreadable(cause: unknown): MaloteError {
  const message = typeof cause === 'object' && cause && 'message' in cause ? cause.message : cause;
  return new MaloteError('internal', `The mail could not be read: ${message}`, { cause });
}

function closedError(): MaloteError {
  return new MaloteError('internal', 'The parser was closed.');
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
