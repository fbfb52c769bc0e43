// Malote's intake beside programs that do the same with less: the same mails from a Dovecot over IMAP and TLS, a fresh stack for each.
// Usage: node local/setup.mjs bench/intake-peers.ts [MAILS] [--rounds N] [--latency]   (5,000 mails and one round unless told)
//   --rounds N  all take turns so often; the median of each counts
//   --latency   answers take as long as Azure's and a mail server's (bench/latency.ts); only who writes to Azure takes part
import { tableLines } from '../local/table.ts';
import { readBench, refuse, toCount } from './command-line.ts';
import { corpus } from './corpus.ts';
import type { IntakeContender, Use } from './intake-contender.ts';
import { programs } from './intake-programs.ts';
import { requestTracker } from './request-tracker.ts';
import { takeTurns } from './turns.ts';
import { znuny } from './znuny.ts';

const { values, positionals } = readBench({
  rounds: { type: 'string', default: '1' },
  latency: { type: 'boolean', default: false },
});
const mails = toCount(positionals);
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) refuse(`No number of rounds: "${values.rounds}"`);

const contenders = [...programs, requestTracker, znuny]
  .filter(({ far }) => far || !values.latency)
  .filter(isInstalled);
const runs = await takeTurns(contenders, rounds, measure);

const rows = [...runs].map(([contender, uses]) => {
  const { name, stores, lacks } = contender;
  const count = countFor(contender);
  if (uses.length === 0) return [name, String(count), 'failed', '', '', stores, lacks];
  const perSecond = count / median(uses.map(({ seconds }) => seconds));
  const cpuMs = (median(uses.map(({ cpuSeconds }) => cpuSeconds)) * 1000) / count;
  const peak = median(uses.map(({ peakMegabytes }) => peakMegabytes));
  return [
    name,
    String(count),
    perSecond.toFixed(perSecond < 10 ? 1 : 0),
    cpuMs.toFixed(1),
    peak.toFixed(0),
    stores,
    lacks,
  ];
});
const head = ['program', 'mails', 'mails/s', 'CPU ms a mail', 'peak MB', 'stores', 'what it does not do'];
console.log(tableLines(head, rows, [30, 10, 10, 15, 10, 30, 90]).join('\n'));

function countFor({ atMost = mails }: IntakeContender): number {
  return Math.min(mails, atMost);
}

function isInstalled({ name, missing }: IntakeContender): boolean {
  const cure = missing?.();
  if (cure !== undefined) console.error(`${name} is not installed: ${cure}`);
  return cure === undefined;
}

/** @throws when a mail was lost, came out twice or is still in the mailbox: then there is no figure. */
async function measure(contender: IntakeContender): Promise<Use> {
  const { name, takeIn } = contender;
  const count = countFor(contender);
  const { messageIds, left, ...use } = await takeIn(corpus(count), values.latency);
  const different = new Set(messageIds).size;
  if (messageIds.length === count && different === count && left === 0) return use;
  throw new Error(
    `${name}: of ${count} mails ${different} came out, ${messageIds.length} times, and ${left} were left`,
  );
}

function median(figures: number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [above = 0, below = 0] = [sorted[middle], sorted[middle - 1]];
  return sorted.length % 2 === 1 ? above : (above + below) / 2;
}
