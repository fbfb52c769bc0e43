// Where this Service Bus can be told to do wrong, and what each fault means here.
//
// Operations (`path` as in infra/entities.json, e.g. `mail-events/Subscriptions/platform` or `fetch-mailbox/$DeadLetterQueue`):
//   connect             a client has connected; anything but `delay` hangs up
//   authorize           a client presents its token
//   open {path}         a client opens a sender or receiver; `delay` has no effect here
//   send {path}         a message or batch has arrived; `dropAfter` stores it and leaves the sender in doubt
//   receive {path}      a message is handed to a receiver; `dropAfter` locks it and loses it on the way
//   settle {path}       a receiver has completed, abandoned, deferred or dead-lettered
//   renew-lock, peek-message, schedule-message, cancel-scheduled-message, receive-by-sequence-number,
//   update-disposition {path}    the request of that name to the entity's $management
//
// `throttle` answers server-busy, which the client retries. `refuse` answers what the client does not retry: lock lost to
// `settle`, entity disabled to the others, and unauthorized to `authorize` (which it does retry). `drop` breaks the connection
// with nothing done; the client notices an unanswered send only by its timeout. `isFull` is for `send` alone.

import type { Connection } from 'rhea';
import { type Fault, type Faults, waitOut } from '../faults.ts';
import { entityDisabled, entityFull, lockLost, type Refusal, serverBusy, unauthorized } from './refusal.ts';
import { breakConnection } from './rhea-internals.ts';

/** Does the work of an operation and answers it; a fault makes that late, a refusal thrown, or either half missing. */
export async function underFaults<Result>(
  faults: Faults,
  operation: string,
  connection: Connection,
  work: () => Result,
  answer: (result: Result) => void,
): Promise<void> {
  const fault = faults.take(operation);
  if (fault?.action === 'delay') await waitOut(fault);
  if (fault && stops(fault, operation, connection)) return;
  const result = work();
  if (fault?.action === 'dropAfter') breakConnection(connection);
  else answer(result);
}

/** What a fault does before any work: throws a refusal, or gives true when the connection is broken. */
export function stops(fault: Fault, operation: string, connection: Connection): boolean {
  if (fault.action === 'throttle') throw serverBusy();
  if (fault.action === 'refuse' && fault.isFull) throw entityFull(operation.replace(/^send /, ''));
  if (fault.action === 'refuse') throw refusalOf(operation);
  if (fault.action === 'drop') breakConnection(connection);
  return fault.action === 'drop';
}

function refusalOf(operation: string): Refusal {
  if (operation.startsWith('authorize')) return unauthorized('The token has been refused.');
  return operation.startsWith('settle') ? lockLost() : entityDisabled();
}
