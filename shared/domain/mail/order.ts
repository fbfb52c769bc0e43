// What people order of a mail that is in the ledger: to let it in, to refuse it, to discard it. An order is judged by the record alone.
import { isDeepStrictEqual } from 'node:util';
import { MaloteError } from '../../errors.ts';
import type { LedgerRecord, MailOrder } from './ledger-record.ts';

/**
 * The record of a held mail after a supervisor's decision.
 * @returns undefined when it was decided so before
 * @throws MaloteError `conflict` saying who decided otherwise and when, or that it does not wait for a decision
 */
export function decide(
  record: LedgerRecord,
  order: MailOrder,
  { overrideRejection }: { overrideRejection: boolean },
): LedgerRecord | undefined {
  const { state, decision } = record;
  const isApproved = decision?.action === 'approved';
  if (order.action === 'approved') {
    if (isApproved) return undefined;
    if (state === 'rejected' && decision && !overrideRejection) {
      throw new MaloteError(
        'conflict',
        `The mail was rejected by ${said(decision)}; send "overrideRejection": true to approve it all the same.`,
      );
    }
  } else {
    if (state === 'rejected') return undefined;
    if (isApproved && decision) {
      throw new MaloteError(
        'conflict',
        `The mail was approved by ${said(decision)}, which is not taken back.`,
      );
    }
  }
  if (state !== 'held' && state !== 'rejected') {
    throw new MaloteError('conflict', `The mail is not held: it is ${state}.`);
  }
  const rest = withoutHold(record);
  const next = order.action === 'approved' ? 'approving' : 'rejected';
  const overridden = decision ? { overridden: decision } : {};
  return { ...withUntold(rest, order), state: next, decision: order, ...overridden };
}

/**
 * The record of a published mail after the platform discarded its attendance.
 * @returns undefined when it was discarded before
 * @throws MaloteError `conflict` when it was not published
 */
export function discard(record: LedgerRecord, order: MailOrder): LedgerRecord | undefined {
  if (record.discard) return undefined;
  if (record.state !== 'published') {
    throw new MaloteError('conflict', `The mail was not published: it is ${record.state}.`);
  }
  return { ...withUntold(record, order), discard: order };
}

/** The record without what it has only while its mail is held. */
export function withoutHold(record: LedgerRecord): LedgerRecord {
  const { heldAt: _at, heldPlace: _place, snippet: _snippet, ...rest } = record;
  return rest;
}

/** The record when what follows these orders has come. */
export function withoutUntold(record: LedgerRecord, told: readonly MailOrder[]): LedgerRecord {
  const { untold = [], untoldSince: _since, ...rest } = record;
  const left = untold.filter(({ id }) => !told.some(order => order.id === id));
  const [oldest] = left;
  return oldest ? { ...rest, untold: left, untoldSince: oldest.at } : rest;
}

/**
 * A record that others changed (`found`) while orders were carried out that made `after` of `before`: what the orders did not
 * touch - a later order, what became of the mail at its server - stays as it was found.
 */
export function mergeOrdered(found: LedgerRecord, before: LedgerRecord, after: LedgerRecord): LedgerRecord {
  const names = Object.keys({ ...found, ...before, ...after }) as (keyof LedgerRecord)[];
  const members = names.map(name => {
    const isTouched = !isDeepStrictEqual(before[name], after[name]);
    return [name, isTouched ? after[name] : found[name]] as const;
  });
  const merged = Object.fromEntries(members.filter(([, value]) => value !== undefined)) as LedgerRecord;
  const failures = new Map(after.replays?.map(({ id, failed }) => [id, failed]));
  const replays = found.replays?.map(one => {
    const failed = failures.get(one.id);
    return failed === undefined ? one : { ...one, failed };
  });
  return replays ? { ...merged, replays } : merged;
}

/** The record with an order of which what must follow is still to come. */
export function withUntold(record: LedgerRecord, order: MailOrder): LedgerRecord {
  const untold = [...(record.untold ?? []), order];
  return { ...record, untold, untoldSince: untold[0]?.at ?? order.at };
}

/** By whom and when, for the message of a refusal. */
export function said({ who, at }: MailOrder): string {
  return `${who.name || who.oid} at ${at}`;
}
