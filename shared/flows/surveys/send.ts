// One attempt to send an invitation from the mailbox of its service: what it waits for, the mail itself, and what comes of it.
import { randomUUID } from 'node:crypto';
import type { Stored } from '../../azure/cosmos.ts';
import { findSendingTrouble, noteSentAs, writeSendingTrouble } from '../../azure/sending-store.ts';
import { findService, type ServiceItem } from '../../azure/services-store.ts';
import { readSettings } from '../../azure/settings-store.ts';
import { findInvitation, replaceInvitation } from '../../azure/surveys-store.ts';
import type { Clients } from '../../clients.ts';
import { backsOff, nextTrouble } from '../../domain/backoff.ts';
import type { Settings } from '../../domain/settings.ts';
import { concluded } from '../../domain/survey/delivery.ts';
import { type Invitation, type InvitationId, withNews } from '../../domain/survey/invitation.ts';
import { claimed, retryAt, type Sending } from '../../domain/survey/sending.ts';
import { type ErrorCode, MaloteError, toMaloteError, traitsOf, whereOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Sent } from '../../mailboxes/outbound.ts';
import { senders } from '../../mailboxes/senders.ts';
import { composeMail } from '../../mime/compose.ts';
import { outgoingCredentialOf } from '../login/credential.ts';
import { unsealSecrets } from '../login/secrets.ts';
import { recipientOf } from './begin-sending.ts';
import { conversationOf } from './conversation.ts';
import { followUpSoon } from './follow-up.ts';
import { linkOf } from './links.ts';
import { requestSending } from './request-sending.ts';

// An attempt is claimed in the invitation before it is made, so that two workers do not make it at once; a claim whose worker died
// ends by itself. From the claim to the note of what came of it everything may be repeated: the mail is the same, to its
// Message-ID and Date, and so is the link in it.

/** Less than the lock of the message. */
const ATTEMPT_MS = 120_000;
/** Of somebody else's write to the same invitation: its events, an answer. */
const TRIES = 5;

/** What the customer reads, made by whoever knows the pages. */
export type Compose = (facts: { invitation: Invitation; link: string; sender: string; timeZone: string }) => {
  subject: string;
  text: string;
  html: string;
};

type Context = { clock: () => Date; log: Log };
type Waiting = { value: Invitation; etag: string; sending: Sending };

/**
 * Sends an invitation if it is its turn. A repeat of what is done does nothing.
 * @throws MaloteError `dependency_unavailable`
 */
export async function sendInvitation(
  clients: Clients,
  invitationId: InvitationId,
  compose: Compose,
  context: Context,
): Promise<void> {
  const { surveys, mailboxes, catalog } = clients.database;
  const found = waitingIn(await findInvitation(surveys, invitationId));
  if (!found) return;
  const now = context.clock();
  if (now.toISOString() < (found.sending.notBefore ?? '')) return requestSending(clients.bus, [found.value]);
  const service = await findService(catalog, found.value.serviceId);
  const isOver = now.toISOString() >= found.value.expiresAt;
  if (!service || isOver) {
    const code = service ? (found.sending.code ?? 'sending_deferred') : 'not_found';
    return settle(clients, found, waiting =>
      concluded(waiting.value, waiting.sending, { state: 'undeliverable', code }, now),
    );
  }
  const trouble = await findSendingTrouble(mailboxes, service.value.service.id, service.etag);
  if (trouble && backsOff(trouble, now)) {
    return wait(clients, found, { until: trouble.retryAt, code: trouble.code }, context);
  }
  const attempt = await claim(clients, found, now);
  if (!attempt) return;
  try {
    const sent = await send(clients, attempt, service.value, compose, context);
    if (sent.messageId) await noteSentAs(surveys, sent.messageId, invitationId);
    if (trouble) await writeSendingTrouble(mailboxes, service.value.service.id, service.etag, null);
  } catch (thrown) {
    return noteFailure(clients, attempt, service, toMaloteError(thrown), { thrown, ...context });
  }
  await settle(clients, attempt, waiting =>
    concluded(waiting.value, waiting.sending, { state: 'sent' }, context.clock()),
  );
  const { serviceId } = attempt.value;
  context.log.info('invitation-sent', { invitationId, serviceId, attempts: attempt.sending.attempts });
}

function waitingIn(found: Awaited<ReturnType<typeof findInvitation>>): Waiting | undefined {
  if (found?.value.kind !== 'invitation' || found.value.sending?.state !== 'waiting') return undefined;
  return { value: found.value, etag: found.etag, sending: found.value.sending };
}

/** Undefined when somebody else changed it meanwhile: either they send it, or its message comes again. */
async function claim(
  clients: Clients,
  { value, etag, sending }: Waiting,
  now: Date,
): Promise<Waiting | undefined> {
  const mine = claimed(sending, randomUUID(), now);
  const after = { ...value, sending: mine };
  const written = await replaceInvitation(clients.database.surveys, after, etag);
  if (written !== undefined) return { value: after, etag: written, sending: mine };
  const found = waitingIn(await findInvitation(clients.database.surveys, value.invitationId));
  return found && found.sending.notBefore === sending.notBefore ? claim(clients, found, now) : undefined;
}

async function send(
  clients: Clients,
  { value: invitation, sending }: Waiting,
  { service, secrets: sealed }: ServiceItem,
  compose: Compose,
  { clock }: Context,
): Promise<Sent> {
  const { config, database } = clients;
  const { mailbox } = service;
  const settings = (await readSettings(database.catalog)).value;
  const secrets = unsealSecrets(clients, service.id, sealed);
  const credential = outgoingCredentialOf(clients, { service, secrets, saved: service }, clock);
  if (!credential || !sending.recipient) throw notSent();
  const to = recipientOf(clients, invitation.invitationId, sending.recipient);
  const sender = settings.branding.name ?? invitation.serviceName;
  const link = linkOf(config.secretKeys, invitation, publicUrlOf(settings));
  const words = compose({ invitation, link, sender, timeZone: settings.timeZone });
  const conversation = await conversationOf(clients, invitation.mailKey);
  const raw = await composeMail({
    from: { name: sender, address: mailbox.address },
    to,
    subject: conversation.subject ?? words.subject,
    date: new Date(invitation.invitedAt),
    messageId: sending.messageId,
    inReplyTo: conversation.inReplyTo,
    references: conversation.references,
    text: words.text,
    html: words.html,
  });
  const allowances = { ...config.mail, graphUrl: config.microsoft.graphUrl };
  const mail = { from: mailbox.address, to: to.address, raw };
  return senders[mailbox.protocol].send(
    { mailbox, credential, clock },
    mail,
    allowances,
    AbortSignal.timeout(ATTEMPT_MS),
  );
}

/** The mail's own trouble delays it alone; the mailbox's delays all that it sends; a refusal for ever ends it. */
async function noteFailure(
  clients: Clients,
  attempt: Waiting,
  { value: { service }, etag }: Stored<ServiceItem>,
  error: MaloteError,
  { thrown, ...context }: Context & { thrown: unknown },
): Promise<void> {
  const { code, message, cure = '', retryAfterMs } = error;
  const { invitationId } = attempt.value;
  const now = context.clock();
  const where = code === 'internal' ? { where: whereOf(thrown) } : {};
  context.log.warn('invitation-not-sent', { invitationId, serviceId: service.id, code, ...where });
  if (code === 'recipient_refused' || code === 'mail_refused') {
    return settle(clients, attempt, waiting =>
      concluded(waiting.value, waiting.sending, { state: 'undeliverable', code }, now),
    );
  }
  const { fault } = traitsOf(code);
  if (fault !== 'account' && fault !== 'mailbox') {
    return wait(clients, attempt, { until: retryAt(attempt.sending, now).toISOString(), code }, context);
  }
  const { mailboxes } = clients.database;
  const before = await findSendingTrouble(mailboxes, service.id, etag);
  const trouble = nextTrouble(before, { code, message, cure, retryAfterMs }, now);
  await writeSendingTrouble(mailboxes, service.id, etag, trouble);
  return wait(clients, attempt, { until: trouble.retryAt, code }, context);
}

/** Writes when it is tried again, and that this must follow. */
async function wait(
  clients: Clients,
  waiting: Waiting,
  { until, code }: { until: string; code: ErrorCode },
  context: Context,
): Promise<void> {
  const at = context.clock().toISOString();
  await settle(
    clients,
    waiting,
    ({ value, sending }) =>
      withNews({ ...value, sending: { ...sending, notBefore: until, code } }, { type: 'send', at }),
    context,
  );
}

/** Writes what came of an attempt, over whatever else was written to the invitation meanwhile. */
async function settle(
  clients: Clients,
  attempt: Waiting,
  change: (waiting: Waiting) => Invitation,
  context?: Context,
): Promise<void> {
  const { surveys } = clients.database;
  let waiting: Waiting | undefined = attempt;
  for (let left = TRIES; waiting && left > 0; left -= 1) {
    const value = change(waiting);
    const etag = await replaceInvitation(surveys, value, waiting.etag);
    if (etag !== undefined) {
      if (context) await followUpSoon(clients, { value, etag }, context);
      return;
    }
    waiting = waitingIn(await findInvitation(surveys, attempt.value.invitationId));
  }
  if (waiting)
    throw new MaloteError('dependency_unavailable', 'Others keep changing the invitation; it is sent later.');
}

function publicUrlOf({ publicUrl }: Settings): string {
  if (publicUrl !== null) return publicUrl;
  throw new MaloteError('conflict', 'publicUrl, the base of survey links, is unset.');
}

function notSent(): MaloteError {
  return new MaloteError('host_forbidden', 'The service does not send by its mailbox any more.', {
    cure: 'Set survey.delivery to "mailbox" again, and mailbox.outgoing with it.',
  });
}
