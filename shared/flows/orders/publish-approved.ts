// An approved mail goes to the platform: read from its raw, with hours and form as of the approval.
import { findConversations } from '../../azure/ledger.ts';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { toMaloteError, traitsOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { reopenStored } from '../intake/download.ts';
import { publishMails } from '../intake/publish.ts';
import { readSurroundings } from '../intake/surroundings.ts';

/** What bringing about needs besides. */
export type FollowUp = { clock: () => Date; log: Log };

/**
 * Publishes an approved mail as `mail.received` with its key as id, whether its service is active or not.
 * @returns its record, published; or set aside with the reason, when its raw is gone or it is never taken as it is
 * @throws MaloteError `dependency_unavailable`
 */
export async function publishApproved(
  clients: Clients,
  record: LedgerRecord,
  { clock, log }: FollowUp,
): Promise<LedgerRecord> {
  const { id: key, serviceId, source, conversationKey } = record;
  const { catalog, ledger } = clients.database;
  const found = await findService(catalog, serviceId);
  if (!found) return { ...record, state: 'setAside', reason: 'Its service was deleted.' };
  const { service } = found.value;
  const context = {
    ...(await readSurroundings(clients, service, clock())),
    // Approvals wait for each other, and new mail for none of them.
    clients: { ...clients, parser: clients.previewParser },
    service,
    generation: source.generation,
    log,
    clock,
  };
  const listed = { id: source.id, receivedAt: new Date(record.receivedAt), sizeBytes: record.rawSizeBytes };
  try {
    const mail = await reopenStored(context, listed, key, 'parse', new Date(record.decision?.at ?? 0));
    const conversations = await findConversations(
      ledger,
      serviceId,
      conversationKey ? [conversationKey] : [],
    );
    const openedBy = conversations.get(conversationKey ?? '')?.openedBy;
    const conversation = { key: conversationKey ?? key, first: openedBy === undefined || openedBy === key };
    const identified = { ...mail, sameAs: undefined, conversation, isHeld: false };
    const { refused, failure } = await publishMails(context, [identified], async () => {}, 'approved');
    const [refusal] = refused;
    if (refusal) return { ...record, state: 'setAside', reason: refusal.error.message };
    if (failure) throw failure;
    return { ...record, state: 'published', publishedAt: clock().toISOString() };
  } catch (error) {
    const { code, message } = toMaloteError(error);
    const isForEver = code === 'not_found' || traitsOf(code).fault === 'mail';
    if (!isForEver) throw error;
    return { ...record, state: 'setAside', reason: message };
  }
}
