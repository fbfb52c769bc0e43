// What must follow a committed change: kept beside it in the same batch, until the audit trail and the platform have it.
import type { Container, OperationInput } from '@azure/cosmos';
import type { AuditEntry } from '../domain/audit.ts';
import type { OutgoingEvent } from '../domain/event/envelope.ts';
import type { ServiceId } from '../domain/ids.ts';
import { type CatalogItem, catalogPartition, creating, query } from './catalog.ts';
import { request } from './cosmos.ts';

/** What must follow a change that is committed. */
export type Pending = {
  audit: AuditEntry;
  /** What the platform is told; null when the change is no concern of its. */
  event: OutgoingEvent | null;
  /** The service that was changed, as it is then; absent for other changes, and for one that is deleted. */
  service?: { id: ServiceId; revision: number; active: boolean };
};

type OutboxItem = CatalogItem & { kind: 'outbox'; untold: Pending };

/** The operation that puts what must follow into the outbox, for the batch of the change itself. */
export function enqueue(pending: Pending): OperationInput {
  const item: OutboxItem = { id: idOf(pending), pk: catalogPartition, kind: 'outbox', untold: pending };
  return creating(item);
}

/** Changes committed before an instant (RFC 3339 in UTC) whose following is still pending, oldest first; at most `limit`. */
export async function listPending(catalog: Container, before: string, limit: number): Promise<Pending[]> {
  const items = await query<OutboxItem>(
    catalog,
    `SELECT TOP ${limit} * FROM c
     WHERE c.pk = @pk AND c.kind = 'outbox' AND c.untold.audit.at < @before ORDER BY c.untold.audit.at`,
    { '@before': before },
  );
  return items.map(({ untold }) => untold);
}

/** Takes what was delivered out of the outbox; it may be out already. */
export async function acknowledge(catalog: Container, delivered: Pending): Promise<void> {
  await request('acknowledge a change', () => catalog.item(idOf(delivered), catalogPartition).delete()).catch(
    error => {
      if (error.code !== 'not_found') throw error;
    },
  );
}

function idOf({ audit }: Pending): string {
  return `outbox:${audit.id}`;
}
