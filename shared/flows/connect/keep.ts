// What a consent changes: the trail has it, the tokens are kept, and the mailbox is read at once.
import { randomUUID } from 'node:crypto';
import { addToTrail } from '../../azure/audit-store.ts';
import { findMailbox, writeMailbox } from '../../azure/mailbox-store.ts';
import { findService } from '../../azure/services-store.ts';
import { deleteTokens, findTokens } from '../../azure/token-store.ts';
import type { Clients } from '../../clients.ts';
import { type AuditEntry, auditEntry } from '../../domain/audit.ts';
import type { Change } from '../../domain/changes.ts';
import { withAnnouncements } from '../../domain/mailbox/announcements.ts';
import type { Service } from '../../domain/service/service.ts';
import type { OAuthMailbox } from '../../domain/service/token-binding.ts';
import { type MaloteError, toMaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Consent } from '../../mailboxes/entra/consent.ts';
import { announce } from '../intake/announce.ts';
import { fetchNow } from '../intake/fetch-now.ts';
import { keptTokens } from '../login/tokens.ts';
import type { AskedQuestion } from './question.ts';

type Consented = { service: Service; mailbox: OAuthMailbox; question: AskedQuestion; consent: Consent };
type Request = { now: Date; log: Log };

/** Adds to the trail what came of a question, as done by whoever asked it. */
export async function noteAnswer(
  { database }: Pick<Clients, 'database'>,
  { serviceId: target, askedBy: who }: AskedQuestion,
  action: AuditEntry['action'],
  change: Change,
  now: Date,
): Promise<void> {
  const entry = auditEntry(
    { id: randomUUID(), who, action, kind: 'service', target, changes: [change] },
    now,
  );
  await addToTrail(database.audit, entry);
}

/**
 * Keeps the tokens of a consent in the place of those that there were, and has the mailbox read.
 * @returns whether they are kept; not of a service that was deleted meanwhile
 * @throws MaloteError `dependency_unavailable`
 */
export async function keepConsent(
  clients: Clients,
  { service, mailbox, question, consent }: Consented,
  request: Request,
): Promise<boolean> {
  const { account, tokens } = consent;
  const store = keptTokens(clients, service.id, mailbox);
  const connection = { account, at: request.now.toISOString() };
  let before = await findTokens(clients.database.mailboxes, service.id);
  // Before it is done: the trail is never to miss who let a mailbox be read.
  const change = { field: 'connection', from: before?.value.connection?.account ?? null, to: account };
  await noteAnswer(clients, question, 'connected', change, request.now);
  while (!(await store.write({ ...tokens, refreshingUntil: null, connection }, before?.etag))) {
    before = await findTokens(clients.database.mailboxes, service.id);
  }
  // Who deletes a service forgets its tokens afterwards: either that finds these, or this finds that.
  if (!(await findService(clients.database.catalog, service.id))) {
    await deleteTokens(clients.database.mailboxes, service.id);
    return false;
  }
  await startAfresh(clients, service, request).catch(error =>
    // The next tick does it, when the back-off ends.
    request.log.warn('fetch-not-sent', { code: toMaloteError(error).code }),
  );
  return true;
}

/** Whatever the mailbox was in trouble with, it is tried now. */
async function startAfresh(clients: Clients, service: Service, { now, log }: Request): Promise<void> {
  const stored = await findMailbox(clients, service.id);
  if (stored?.value.trouble) {
    const after = withAnnouncements(stored.value, { ...stored.value, trouble: null }, now);
    const written = await writeMailbox(clients, after, stored.etag).catch((error: MaloteError) => {
      if (error.code !== 'precondition_failed') throw error;
      return undefined;
    });
    if (written) await announce({ clients, service, log }, written);
  }
  if (service.active) await fetchNow(clients, service.id);
}
