// What must follow a committed change: kept beside it in the same batch, until the audit trail and the platform have it.
import type { Container, OperationInput } from '@azure/cosmos';
import type { AuditEntry } from '../domain/audit.ts';
import type { OutgoingEvent } from '../domain/event/envelope.ts';
import { type CatalogItem, catalogPartition, creating, query } from './catalog.ts';
import { request } from './cosmos.ts';

/** A change that is committed, but perhaps not yet told. */
export type Untold = {
  audit: AuditEntry;
  /** What the platform is told; null when the change is no concern of its. */
  event: OutgoingEvent | null;
};

type OutboxItem = CatalogItem & { kind: 'outbox'; untold: Untold };

/** The operation that keeps what must follow, for the batch of the change itself. */
export function keeping(untold: Untold): OperationInput {
  const item: OutboxItem = { id: idOf(untold), pk: catalogPartition, kind: 'outbox', untold };
  return creating(item);
}

/** Changes committed before an instant (RFC 3339 in UTC) that are still untold, oldest first; at most `limit`. */
export async function listUntold(catalog: Container, before: string, limit: number): Promise<Untold[]> {
  const items = await query<OutboxItem>(
    catalog,
    `SELECT TOP ${limit} * FROM c
     WHERE c.pk = @pk AND c.kind = 'outbox' AND c.untold.audit.at < @before ORDER BY c.untold.audit.at`,
    { '@before': before },
  );
  return items.map(({ untold }) => untold);
}

/** Forgets what has been told; it may have been forgotten already. */
export async function forgetTold(catalog: Container, told: Untold): Promise<void> {
  await request('forget a told change', () => catalog.item(idOf(told), catalogPartition).delete()).catch(
    error => {
      if (error.code !== 'not_found') throw error;
    },
  );
}

function idOf({ audit }: Untold): string {
  return `outbox:${audit.id}`;
}
