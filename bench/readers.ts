// Each of our readers beside programs that fetch mail, on the same mails in the same run: all are fetched, written, and
// deleted at the server. A Dovecot on this machine over TLS; for Graph its stand-in, which says little of the real one.
// Usage: node local/setup.mjs bench/readers.ts [MAILS]   (5,000 unless told)
import { rm } from 'node:fs/promises';
import { tableLines } from '../local/table.ts';
import { readCount } from './command-line.ts';
import type { Contender, Run } from './contender.ts';
import { startFilledMailboxes } from './filled-mailboxes.ts';
import { ourReaders } from './our-readers.ts';
import { peers } from './peers.ts';
import { makeScratchFolder } from './scratch.ts';
import { takeTurns } from './turns.ts';

/** All take turns so often, and the fastest run of each counts: what else runs on the machine disturbs some of them. */
const ROUNDS = 3;

const count = readCount();
const contenders = [...ourReaders, ...peers].filter(isInstalled);
const mailboxes = await startFilledMailboxes(count);
const runs = await takeTurns(contenders, ROUNDS, measure);
await mailboxes.close();

const rows = [...runs].map(([{ name, protocol, writes }, figures]) => {
  const fastest = figures.toSorted((a, b) => a.seconds - b.seconds)[0];
  if (!fastest) return [name, protocol, 'failed', '', '', writes];
  const { seconds, cpuSeconds } = fastest;
  const perMail = [(count / seconds).toFixed(0), ((cpuSeconds * 1000) / count).toFixed(2)];
  return [name, protocol, seconds.toFixed(1), ...perMail, writes];
});
const head = ['reader', 'protocol', 'seconds', 'mails/s', 'CPU ms a mail', 'writes'];
console.log(tableLines(head, rows, [30, 10, 10, 10, 15, 40]).join('\n'));

function isInstalled({ name, missing }: Contender): boolean {
  const cure = missing?.();
  if (cure !== undefined) console.error(`${name} is not installed: ${cure}`);
  return cure === undefined;
}

/** @throws when a mail was not delivered, or is left at the server: then there is no figure. */
async function measure({ name, protocol, read }: Contender): Promise<Run> {
  const mailbox = await (protocol === 'Graph' ? mailboxes.graph() : mailboxes.dovecot());
  const dir = await makeScratchFolder();
  try {
    const run = await read(mailbox, dir);
    const left = await mailbox.countLeft();
    if (run.delivered === count && left === 0) return run;
    throw new Error(`${name} over ${protocol} delivered ${run.delivered} of ${count} mails and left ${left}`);
  } finally {
    await rm(dir, { recursive: true });
    await mailbox.remove();
  }
}
