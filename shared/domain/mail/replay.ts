// A mail is published anew: judged by its record, where the number of the delivery is reserved before anything is sent.
import { MaloteError } from '../../errors.ts';
import type { LedgerRecord, MailOrder, MailState } from './ledger-record.ts';
import { said, withUntold } from './order.ts';

/**
 * So many are remembered of a mail, and those under way: by them a job that comes to it again after a crash knows that it was there.
 * Were it replayed as often by others in those minutes, the job would replay it once more. Numbers are counted apart, and the
 * trail has every one.
 */
const REMEMBERED = 20;

/** States in which a mail is never replayed: a supervisor decides about it, or has decided. */
export const neverReplayed: readonly MailState[] = ['held', 'approving', 'rejected'];

/**
 * The record of a mail after somebody ordered to replay it. What was published gets the next number; what never was goes out as
 * the first delivery, or is held where its service has a filter that it has not passed.
 * @returns undefined when the same job has replayed it, or somebody's replay of it is still under way
 * @throws MaloteError `conflict` for mail that is held, approving or rejected, with the cure
 */
export function replay(
  record: LedgerRecord,
  order: MailOrder,
  { approvalRequired }: { approvalRequired: boolean },
): LedgerRecord | undefined {
  const { state, decision, deliveries = 1, untold = [] } = record;
  if (order.jobId !== undefined && replayBy(record, order.jobId)) return undefined;
  if (order.jobId === undefined && untold.some(({ action }) => action === 'replayed')) return undefined;
  if (neverReplayed.includes(state)) throw new MaloteError('conflict', refusal(record));
  if (state === 'published') {
    const reserved = { ...order, number: deliveries + 1 };
    return { ...withReplay(record, reserved), deliveries: reserved.number };
  }
  const passed = !approvalRequired || decision?.action === 'approved';
  const reserved: MailOrder = passed ? { ...order, number: 1 } : { ...order, toHeld: true };
  // On its way: intake, which would try it again, leaves it alone.
  return { ...withReplay(record, reserved), state: 'approving' };
}

/** The record with the reason why a replay of it will never be. */
export function withFailedReplay(record: LedgerRecord, { id }: MailOrder, failed: string): LedgerRecord {
  const replays = record.replays?.map(one => (one.id === id ? { ...one, failed } : one));
  return replays ? { ...record, replays } : record;
}

/** The replay of a mail by a job. */
export function replayBy(record: LedgerRecord, jobId: string): MailOrder | undefined {
  return record.replays?.find(one => one.jobId === jobId);
}

function withReplay(record: LedgerRecord, reserved: MailOrder): LedgerRecord {
  const next = withUntold(record, reserved);
  const all = [...(record.replays ?? []), reserved];
  const isUnderWay = (order: MailOrder) => next.untold?.some(({ id }) => id === order.id);
  const replays = all.filter((order, index) => index >= all.length - REMEMBERED || isUnderWay(order));
  return { ...next, replays };
}

function refusal({ state, decision }: LedgerRecord): string {
  if (state === 'held') return 'The mail waits for a supervisor: approve it, and it enters.';
  if (state === 'approving') return 'The mail is on its way to the platform already.';
  const by = decision ? ` by ${said(decision)}` : '';
  return `The mail was rejected${by}; to let it in all the same, approve it with "overrideRejection": true.`;
}
