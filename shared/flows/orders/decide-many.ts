// Many decisions at once: of mails that are named, each judged by itself, or of all that a filter finds, counted first.
import { randomUUID } from 'node:crypto';
import { addToTrail } from '../../azure/audit-store.ts';
import type { Stored } from '../../azure/cosmos.ts';
import type { Clients } from '../../clients.ts';
import { type Actor, auditEntry } from '../../domain/audit.ts';
import type { MailKey, ServiceId } from '../../domain/ids.ts';
import type { LedgerRecord, MailOrder } from '../../domain/mail/ledger-record.ts';
import { decide } from '../../domain/mail/order.ts';
import { toMaloteError } from '../../errors.ts';
import { followUpSoon, giveOrder } from './give.ts';
import { listHeld } from './held.ts';
import type { FollowUp } from './reopen.ts';

/** So many are decided by one call. */
export const MOST_DECIDED = 1_000;
const AT_ONCE = 10;
const PAGE = 200;

/** What is decided, by whom, and why. */
export type Decision = {
  action: 'approved' | 'rejected';
  who: Actor;
  at: Date;
  reason: string | null;
  overrideRejection: boolean;
};

/** What came of one: the mail's state, or why it was not decided. */
export type Decided =
  | { mailKey: MailKey; state: LedgerRecord['state'] }
  | { mailKey: MailKey; code: string; detail: string };

export type HeldFilter = {
  serviceId: ServiceId | undefined;
  groupId: string | undefined;
  /** An address, whatever its case. */
  sender: string | undefined;
};

/** Decides about mails that are named. What cannot be decided does not stop the others. */
export async function decideEach(
  clients: Clients,
  keys: MailKey[],
  decision: Decision,
  context: FollowUp,
  { isInTrail = false } = {},
): Promise<Decided[]> {
  const decided: Decided[] = [];
  const written: Stored<LedgerRecord>[] = [];
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const some = await Promise.all(
      keys.slice(at, at + AT_ONCE).map(async (mailKey): Promise<Decided> => {
        const order = orderOf(decision, isInTrail);
        try {
          const record = await giveOrder(clients, mailKey, found => decide(found, order, decision));
          if (record.value.decision?.id === order.id) written.push(record);
          return { mailKey, state: record.value.state };
        } catch (error) {
          const { code, message } = toMaloteError(error);
          return { mailKey, code, detail: message };
        }
      }),
    );
    decided.push(...some);
  }
  await followUpSoon(clients, written, context);
  return decided;
}

/** Counts what a filter finds now; `heldBefore` is to be given with the decision, so that it is about no others. */
export async function countHeld(
  clients: Clients,
  filter: HeldFilter,
  now: Date,
): Promise<{ count: number; more: boolean; heldBefore: string }> {
  const { keys, more } = await findHeld(clients, filter, now.toISOString());
  return { count: keys.length, more, heldBefore: now.toISOString() };
}

/** Decides about what a filter finds of mails held before an instant, the oldest first; one entry in the trail. */
export async function decideFound(
  clients: Clients,
  filter: HeldFilter,
  heldBefore: string,
  decision: Decision,
  context: FollowUp,
): Promise<{ decided: number; refused: number; more: boolean }> {
  const { keys, more } = await findHeld(clients, filter, heldBefore);
  if (keys.length === 0) return { decided: 0, refused: 0, more };
  const { who, at, action, reason } = decision;
  const words = { ...filter, heldBefore, reason, count: keys.length };
  const changes = Object.entries(words).flatMap(([field, to]) =>
    to == null ? [] : [{ field, from: null, to }],
  );
  const target = filter.serviceId ?? filter.groupId ?? '';
  await addToTrail(
    clients.database.audit,
    auditEntry({ id: randomUUID(), who, action, kind: 'mails', target, changes }, at),
  );
  const results = await decideEach(clients, keys, decision, context, { isInTrail: true });
  const refused = results.filter(each => 'code' in each).length;
  return { decided: results.length - refused, refused, more };
}

async function findHeld(
  clients: Clients,
  { sender, ...of }: HeldFilter,
  heldBefore: string,
): Promise<{ keys: MailKey[]; more: boolean }> {
  const keys: MailKey[] = [];
  let after: string | undefined = '';
  while (after !== undefined) {
    const page: Awaited<ReturnType<typeof listHeld>> = await listHeld(clients, { ...of, after, limit: PAGE });
    for (const { id, from, heldAt = '' } of page.items) {
      if (heldAt >= heldBefore) return { keys, more: false };
      if (sender !== undefined && from.toLowerCase() !== sender.toLowerCase()) continue;
      if (keys.length === MOST_DECIDED) return { keys, more: true };
      keys.push(id);
    }
    after = page.next;
  }
  return { keys, more: false };
}

export function orderOf({ action, who, at, reason }: Decision, isInTrail = false): MailOrder {
  const id = randomUUID();
  return { id, action, who, at: at.toISOString(), reason, ...(isInTrail ? { isInTrail } : {}) };
}
