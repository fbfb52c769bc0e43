// The thread in which mail is parsed: does the jobs of parse-seat.ts one after the other, gives back each mail or why it could not be read.

import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { type ParsedMail, type ParseOptions, parse } from './parse.ts';

/** Where the bytes of a mail are. */
export type ParseInput = { bytes: Uint8Array } | { path: string };

/** `bytes` are a copy for the thread, with memory of their own. */
export type ParseJob = {
  input: { bytes: Uint8Array<ArrayBuffer> } | { path: string };
  options: ParseOptions;
};

/** `unreadable` is an error of input or output; anything wrong with the mail is inside `parsed`. */
type ParseAnswer = { parsed: ParsedMail } | { unreadable: { message: string; code: string } };

/** What the thread says: `ready` once, when its code is loaded, and then an answer to each job, in their order. */
export type ParseMessage = 'ready' | ParseAnswer;

async function answer({ input, options }: ParseJob): Promise<ParseAnswer> {
  try {
    const raw = 'bytes' in input ? input.bytes : createReadStream(input.path, { highWaterMark: 64 * 1024 });
    return { parsed: await parse(raw, options) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // What is not of the file system is a fault of ours: it ends the thread and makes the mail a failed one.
    if (!/^E[A-Z]+$/.test(code)) throw error;
    return { unreadable: { message: error instanceof Error ? error.message : String(error), code } };
  }
}

// Node's streams make errors at the end of every mail that nobody looks at: where they come from is what costs.
Error.stackTraceLimit = 0;

/** How many jobs were begun or taken back. Whoever counts a job first has it; what is skipped is not answered. */
const begun: Int32Array = workerData;

async function work(job: ParseJob, number: number): Promise<void> {
  if (Atomics.compareExchange(begun, 0, number - 1, number) !== number - 1) return;
  const reply = await answer(job);
  const contents = 'parsed' in reply ? reply.parsed.attachments : [];
  const memory = contents.flatMap(kept => ('content' in kept ? [kept.content.buffer] : []));
  parentPort?.postMessage(reply, [...new Set(memory)]);
  // Its own copy. Left to the collection of garbage it waits, and every mail gets fresh memory from the system.
  if ('bytes' in job.input) job.input.bytes.buffer.transfer(0);
}

let received = 0;
let latest = Promise.resolve();
parentPort?.on('message', (job: ParseJob) => {
  received += 1;
  const number = received;
  latest = latest.then(() => work(job, number));
});
parentPort?.postMessage('ready' satisfies ParseMessage);
