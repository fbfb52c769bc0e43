// A mail of the ledger as it is published from its raw: read again, with everything that events say of its service's surroundings.
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { type MaloteError, traitsOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type DownloadedMail, reopenStored } from '../intake/download.ts';
import { readSurroundings } from '../intake/surroundings.ts';
import type { IntakeContext } from '../intake/visit.ts';

/** What bringing about needs besides. */
export type FollowUp = { clock: () => Date; log: Log };

/** Said of mail whose service is gone. */
export const serviceDeleted = 'Its service was deleted.';

/** What a mail of this record is published with; undefined when its service was deleted. */
export async function contextFor(
  clients: Clients,
  { serviceId, source }: LedgerRecord,
  { clock, log }: FollowUp,
): Promise<IntakeContext | undefined> {
  const found = await findService(clients.database.catalog, serviceId);
  if (!found) return undefined;
  const { service } = found.value;
  return {
    ...(await readSurroundings(clients, service, clock())),
    // These wait for each other, and new mail for none of them.
    clients: { ...clients, parser: clients.previewParser },
    service,
    generation: source.generation,
    log,
    clock,
  };
}

/**
 * Reads a mail again.
 * @param attemptedAt when its event may have been sent first
 * @throws MaloteError `not_found` without a raw, `dependency_unavailable`, `refused_by_store`
 */
export function reopen(
  context: IntakeContext,
  { id, source, receivedAt, rawSizeBytes }: LedgerRecord,
  attemptedAt: string | undefined,
): Promise<DownloadedMail> {
  const listed = { id: source.id, receivedAt: new Date(receivedAt), sizeBytes: rawSizeBytes };
  return reopenStored(context, listed, id, 'parse', new Date(attemptedAt ?? 0));
}

/** Whether trying again will never help: the raw is gone, or a store never takes the mail as it is. */
export function isForEver({ code }: MaloteError): boolean {
  return code === 'not_found' || traitsOf(code).fault === 'mail';
}
