// One parsing thread and the mails that lie before it: it has the next at hand, and each is timed and judged alone.

import { Worker } from 'node:worker_threads';
import type { Defect } from '../domain/mail/mail.ts';
import { MaloteError } from '../errors.ts';
import type { ParsedMail, ParseOptions } from './parse.ts';
import type { ParseInput, ParseJob, ParseMessage } from './parse-worker.ts';

/** A thread that finds no next mail goes to sleep, and to wake it costs both sides more than to hand a mail over. */
const mailsAtHand = 8;
/** The first may be larger. They are copies of what the caller has. */
const bytesAtHand = 1_000_000;
/**
 * What V8 is told that the heap may grow to. Of less it expects a small device: it lets a heap grow by three tenths instead of
 * fourfold between collections (`MaxGrowingFactor` in its heap-controller), and a third of the parsing is collecting garbage.
 */
const v8HeapMegabytes = 2048;
/** How often a thread is looked at that is at one mail for so long. */
const lookMs = 50;
/** A thread that is at one mail for so long is not waited for: another takes the others. */
const slowMs = 500;

/** A mail, or why its parsing had to be stopped. */
export type Outcome = { parsed: ParsedMail } | { stopped: Defect };

/** A mail to be parsed, whose bytes stay as they are until it is settled. `timeMs`: wall time, from when it is begun. */
export type Job = {
  input: ParseInput;
  options: ParseOptions;
  timeMs: number;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
};

/** One thread and the mails handed to it. A thread that had to be stopped is replaced with the next mail. */
export class Seat {
  #worker: Worker | null = null;
  #isReady = false;
  /** Those handed to the thread and not answered, in the order in which it parses them. */
  #jobs: Job[] = [];
  /** How many were handed to this thread. */
  #handed = 0;
  /** How many of them it has begun, by its own count; those taken back from it count as well. */
  #begun = newCount();
  #since = 0;
  #looking: NodeJS.Timeout | undefined;
  #file: URL;
  #heapMegabytes: number;
  #onChange: (returned: Job[]) => void;

  /** @param onChange called when there is room, and with the mails that others should parse, which are next */
  constructor(file: URL, heapMegabytes: number, onChange: (returned: Job[]) => void) {
    this.#file = file;
    this.#heapMegabytes = heapMegabytes;
    this.#onChange = onChange;
  }

  /** Whether it has been at one mail for half a second. */
  get isSlow(): boolean {
    return this.#looking !== undefined && performance.now() - this.#since >= slowMs;
  }

  /** Any mail has room before an idle thread, and none before a slow one. */
  hasRoomFor(job: Job): boolean {
    if (this.#jobs.length === 0) return true;
    if (this.isSlow || this.#jobs.length >= mailsAtHand) return false;
    return this.#jobs.reduce((sum, { input }) => sum + bytesOf(input), bytesOf(job.input)) <= bytesAtHand;
  }

  run(job: Job): void {
    this.#worker ??= this.#start();
    this.#handed += 1;
    if (this.#jobs.push(job) === 1) {
      this.#worker.ref();
      this.#begin();
    }
    const { input, options } = job;
    // The caller keeps its bytes. They are often a view of far more, all of which would be copied with them.
    const own = 'bytes' in input ? { bytes: new Uint8Array(input.bytes) } : input;
    const moved = 'bytes' in own ? [own.bytes.buffer] : [];
    this.#worker.postMessage({ input: own, options } satisfies ParseJob, moved);
  }

  async close(): Promise<void> {
    const jobs = this.#take();
    await this.#worker?.terminate();
    this.#worker = null;
    for (const job of jobs) job.reject(closedError());
  }

  /** The first is timed. What a thread takes to load its code is no mail's fault. */
  #begin(): void {
    if (this.#jobs.length === 0 || !this.#isReady) return;
    this.#since = performance.now();
    // Answers that came meanwhile are heard before anything is judged.
    this.#looking ??= setInterval(() => setImmediate(() => void this.#look()), lookMs);
    this.#looking.refresh();
  }

  async #look(): Promise<void> {
    const [worker, job] = [this.#worker, this.#jobs[0]];
    if (!worker || !job || this.#hasGoneOn) return;
    if (performance.now() - this.#since >= job.timeMs) {
      const message = `Parsing took longer than ${Math.round(job.timeMs / 1000)} seconds.`;
      return this.#stop({ code: 'timed_out', message });
    }
    if (this.isSlow) this.#onChange(this.#takeBack());
    // A thread answers amid whatever it is doing; one that has ended does not.
    const heap = await worker.getHeapStatistics().catch(() => undefined);
    if (this.#jobs[0] !== job || this.#hasGoneOn) return;
    if (heap && heap.used_heap_size > this.#heapMegabytes * 1e6) this.#stop(this.#outOfMemory());
  }

  /** The first one's among all that were handed to the thread. Of those taken back it takes the place of the last. */
  get #numberOfFirst(): number {
    return this.#handed - this.#jobs.length + 1;
  }

  /** Whether the thread is at the next already, and the answer to the first on its way. */
  get #hasGoneOn(): boolean {
    return Atomics.load(this.#begun, 0) > this.#numberOfFirst;
  }

  /** Those behind the first, unless the thread has just gone on: it skips what counts as begun. */
  #takeBack(): Job[] {
    const first = this.#numberOfFirst;
    const isTaken = Atomics.compareExchange(this.#begun, 0, first, this.#handed) === first;
    return isTaken ? this.#jobs.splice(1) : [];
  }

  #start(): Worker {
    this.#isReady = false;
    this.#handed = 0;
    this.#begun = newCount();
    const worker = new Worker(this.#file, {
      workerData: this.#begun,
      resourceLimits: {
        maxOldGenerationSizeMb: v8HeapMegabytes,
        // Of more, 25 MB more stay resident, and parsing is not faster.
        maxYoungGenerationSizeMb: 4,
        stackSizeMb: 4,
      },
    });
    let defect = failed('The thread ended.');
    worker.on('message', (said: ParseMessage) => {
      if (said !== 'ready') return this.#answered(said);
      this.#isReady = true;
      this.#begin();
    });
    worker.on('error', error => {
      const isMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      defect = isMemory ? this.#outOfMemory() : failed(error.message);
    });
    // Every answer that it gave was heard before: Node empties the port first.
    worker.on('exit', () => this.#stop(defect));
    return worker;
  }

  #answered(answer: Exclude<ParseMessage, 'ready'>): void {
    const job = this.#jobs.shift();
    if (this.#jobs.length > 0) this.#begin();
    else this.#rest();
    if ('parsed' in answer) job?.resolve(answer);
    else job?.reject(unreadable(answer.unreadable));
    this.#onChange([]);
  }

  /** An idle thread does not keep the process alive. */
  #rest(): void {
    clearInterval(this.#looking);
    this.#looking = undefined;
    this.#worker?.unref();
  }

  #outOfMemory(): Defect {
    return { code: 'out_of_memory', message: `Parsing took more than ${this.#heapMegabytes} MB of memory.` };
  }

  /** The mail that the thread was at is stopped; the others are parsed by another as if nothing had been. */
  #stop(defect: Defect): void {
    const worker = this.#worker;
    const begun = Atomics.load(this.#begun, 0);
    // A thread that ends before any mail would do so before the next: it is the first one's.
    const isFirsts = begun === this.#numberOfFirst || begun === 0;
    const jobs = this.#take();
    this.#worker = null;
    worker?.removeAllListeners();
    // Termination of a thread that is already gone, or goes later, concerns nobody any more.
    worker?.on('error', () => {});
    void worker?.terminate();
    const stopped = isFirsts ? jobs.shift() : undefined;
    stopped?.resolve({ stopped: defect });
    this.#onChange(jobs);
  }

  #take(): Job[] {
    this.#rest();
    return this.#jobs.splice(0);
  }
}

function newCount(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

function bytesOf(input: ParseInput): number {
  return 'bytes' in input ? input.bytes.byteLength : 0;
}

function failed(message: string): Defect {
  return { code: 'parser_failed', message: `Parsing failed: ${message}`.slice(0, 300) };
}

/** A mail that is not there or cannot be read, as MaloteError `internal`. */
export function unreadable(cause: unknown): MaloteError {
  const message = typeof cause === 'object' && cause && 'message' in cause ? cause.message : cause;
  return new MaloteError('internal', `The mail could not be read: ${message}`, { cause });
}

/** MaloteError `internal`, for a mail that was under way or came later. */
export function closedError(): MaloteError {
  return new MaloteError('internal', 'The parser was closed.');
}
