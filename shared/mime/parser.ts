// Parses mail of strangers in threads with limits of memory and time, so that no mail can stop the process.

import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { MaloteError } from '../errors.ts';
import type { ParsedMail, ParseOptions } from './parse.ts';
import type { ParseAnswer, ParseInput, ParseJob } from './parse-worker.ts';
import { rescue, rescueBytes } from './rescue.ts';

/** Wall time for one mail: a base, and so much for each megabyte. Ordinary mails take milliseconds. */
const baseTimeMs = 20_000;
const timePerMegabyteMs = 1_000;
/** Heap of a thread, unless told otherwise. The bytes of mails and attachments lie outside of it. */
const defaultHeapMegabytes = 256;

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
  /** What can be said of a mail without parsing it: its main headers; `code` and `message` become its defect. */
  skim(input: ParseInput, code: string, message: string): Promise<ParsedMail>;
  /** Ends the threads; waits for none of the mails under way, which reject. */
  close(): Promise<void>;
};

type Job = {
  input: ParseInput;
  options: ParseOptions;
  timeMs: number;
  resolve(parsed: ParsedMail): void;
  reject(error: unknown): void;
};

export type ParserOptions = {
  /** Threads, each parsing one mail at a time; started when needed. */
  workers?: number;
  /** Wall time for a mail of a given size. */
  timeLimitMs?: (sizeBytes: number) => number;
  /** Heap of each thread. */
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
    }
  };
  return {
    async parse(input, parseOptions) {
      const sizeBytes = await sizeOf(input);
      if (closed) throw closedError();
      return new Promise((resolve, reject) => {
        waiting.push({ input, options: parseOptions, timeMs: timeLimitMs(sizeBytes), resolve, reject });
        seatNext();
      });
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
  #job: Job | null = null;
  #timer: NodeJS.Timeout | undefined;
  #file: URL;
  #heapMegabytes: number;
  #onFree: () => void;

  constructor(file: URL, heapMegabytes: number, onFree: () => void) {
    this.#file = file;
    this.#heapMegabytes = heapMegabytes;
    this.#onFree = onFree;
  }

  get busy(): boolean {
    return this.#job !== null;
  }

  run(job: Job): void {
    this.#job = job;
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#timer = setTimeout(() => {
      this.#stop('timed_out', `Parsing took longer than ${Math.round(job.timeMs / 1000)} seconds.`);
    }, job.timeMs);
    const { input, options } = job;
    this.#worker.postMessage({ input, options } satisfies ParseJob);
  }

  async close(): Promise<void> {
    const job = this.#take();
    await this.#worker?.terminate();
    this.#worker = null;
    job?.reject(closedError());
  }

  #start(): Worker {
    const worker = new Worker(this.#file, {
      resourceLimits: {
        maxOldGenerationSizeMb: this.#heapMegabytes,
        // Of more, 25 MB more stay resident, and parsing is not faster.
        maxYoungGenerationSizeMb: 4,
        stackSizeMb: 4,
      },
    });
    worker.on('message', (answer: ParseAnswer) => this.#answered(answer));
    worker.on('error', error => {
      const outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      if (outOfMemory)
        this.#stop('out_of_memory', `Parsing took more than ${this.#heapMegabytes} MB of memory.`);
      else this.#stop('parser_failed', `Parsing failed: ${error.message}`.slice(0, 300));
    });
    return worker;
  }

  #answered(answer: ParseAnswer): void {
    const job = this.#take();
    // An idle thread does not keep the process alive.
    this.#worker?.unref();
    if ('parsed' in answer) job?.resolve(answer.parsed);
    else job?.reject(unreadable(answer.unreadable));
    this.#onFree();
  }

  #stop(code: string, message: string): void {
    const worker = this.#worker;
    const job = this.#take();
    this.#worker = null;
    worker?.removeAllListeners();
    // Termination of a thread that is already gone, or goes later, concerns nobody any more.
    worker?.on('error', () => {});
    void worker?.terminate();
    if (job) {
      beginningOf(job.input)
        .then(beginning => job.resolve({ mail: rescue(beginning, code, message), attachments: [] }))
        .catch(error => job.reject(unreadable(error)));
    }
    this.#onFree();
  }

  #take(): Job | null {
    clearTimeout(this.#timer);
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

async function skim(input: ParseInput, code: string, message: string): Promise<ParsedMail> {
  return { mail: rescue(await beginningOf(input), code, message), attachments: [] };
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
