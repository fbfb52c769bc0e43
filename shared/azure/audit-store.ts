// Where the audit trail lives: the container `audit`, one partition a month, only ever added to.
import type { Container } from '@azure/cosmos';
import type { AuditEntry } from '../domain/audit.ts';
import { request } from './cosmos.ts';

/** Adds an entry; adding the same one again changes nothing. */
export async function addToTrail(audit: Container, entry: AuditEntry): Promise<void> {
  await request('add to the audit trail', () => audit.items.create(entry)).catch(error => {
    if (error.code !== 'conflict') throw error;
  });
}
