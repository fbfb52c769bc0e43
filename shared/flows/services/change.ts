// What all changes of a service have in common: what the trail and the platform are told, and how a change is brought to an end.
import { randomUUID } from 'node:crypto';
import type { Stored } from '../../azure/cosmos.ts';
import type { Pending } from '../../azure/outbox.ts';
import type { ServiceItem, Written } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { type Actor, auditEntry, type ChangeAction } from '../../domain/audit.ts';
import { type Change, changesBetween, maskedSecret } from '../../domain/changes.ts';
import { serviceChanged } from '../../domain/event/service.ts';
import { changedMeanwhile } from '../../domain/precondition.ts';
import type { ReadService } from '../../domain/service/document.ts';
import { secretField } from '../../domain/service/secret-place.ts';
import { type Service, secretNames } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { deliverSoon } from './outbox.ts';

/** Who asks for a change, when, and where it is logged. */
export type ChangeRequest = { actor: Actor; now: Date; clock: () => Date; log: Log };

/** Every member that a change changes; a secret counts as changed whenever one is given. */
export function changesOf(before: Service | undefined, after: ReadService | undefined): Change[] {
  const from = before === undefined ? null : maskedSecret;
  const secrets = secretNames
    .filter(name => after?.secrets[name] !== undefined)
    .map(name => ({ field: secretField(name), from, to: maskedSecret }));
  return [...changesBetween(before, after?.service), ...secrets];
}

/** The trail's entry, the platform's event and what the mailbox is to know for a change that leaves `item`. */
export function pendingChange(
  action: ChangeAction,
  changes: Change[],
  { service, revision }: ServiceItem,
  { actor, now }: ChangeRequest,
): Pending {
  const { id, active } = service;
  return {
    ...(action === 'deleted' ? {} : { service: { id, revision, active } }),
    audit: auditEntry({ id: randomUUID(), who: actor, action, kind: 'service', target: id, changes }, now),
    event: serviceChanged({
      service,
      change: action,
      active: active && action !== 'deleted',
      groupIds: service.groups.map(({ groupId }) => groupId),
      changedAt: now.toISOString(),
      now,
    }),
  };
}

/** The end of a change: follows it up once it is written. @throws MaloteError `precondition_failed` when overtaken */
export async function concludeChange(
  clients: Clients,
  item: ServiceItem,
  pending: Pending,
  { log }: ChangeRequest,
  written: Written,
): Promise<Stored<ServiceItem> | 'blocked'> {
  if (written === 'overtaken') throw changedMeanwhile();
  if (written === 'blocked') return written;
  await deliverSoon(clients, pending, log);
  return { value: item, etag: written.etag };
}

/** Tries again what others got in the way of: reading anew says in what words to refuse it, or that the way is free. */
export async function retryUntilWritten<T>(attempt: () => Promise<T | 'blocked'>, attempts = 3): Promise<T> {
  for (let left = attempts; left > 0; left -= 1) {
    const result = await attempt();
    if (result !== 'blocked') return result;
  }
  throw new MaloteError('dependency_unavailable', 'Others keep changing the same things; try again.');
}
