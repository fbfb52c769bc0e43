// An administrator tries whether events arrive: one is sent as any other, and the trail says who asked for it.
import { randomUUID } from 'node:crypto';
import type { EventType } from '../../schemas/events.d.ts';
import { commit } from '../azure/catalog.ts';
import { enqueue } from '../azure/outbox.ts';
import type { Clients } from '../clients.ts';
import { auditEntry } from '../domain/audit.ts';
import { testEvent } from '../domain/event/test.ts';
import type { ChangeRequest } from './services/change.ts';
import { deliverSoon } from './services/outbox.ts';

/**
 * Sends an event with its schema's example; it comes later when the bus is away.
 * @returns the id that it has
 * @throws MaloteError `dependency_unavailable`
 */
export async function sendTestEvent(
  clients: Clients,
  type: EventType,
  { actor, now, log }: Pick<ChangeRequest, 'actor' | 'now' | 'log'>,
): Promise<{ id: string; type: EventType }> {
  const id = `test:${randomUUID()}`;
  const event = testEvent(type, { id, requestedBy: actor.name || actor.oid, now });
  const entry = { id: randomUUID(), who: actor, action: 'tested', kind: 'event', target: type } as const;
  const pending = { audit: auditEntry({ ...entry, changes: [] }, now), event };
  await commit(clients.database.catalog, [enqueue(pending)]);
  await deliverSoon(clients, pending, log);
  return { id, type };
}
