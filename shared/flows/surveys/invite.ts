// An attendance was closed: its customer is invited, once whatever happens, or it is written down why not.
import { randomBytes } from 'node:crypto';
import { findRecord } from '../../azure/ledger.ts';
import { findAsked, isOptedOut, noteAsked } from '../../azure/people-store.ts';
import { findService } from '../../azure/services-store.ts';
import { readSettings } from '../../azure/settings-store.ts';
import { createInvitation, findInvitation } from '../../azure/surveys-store.ts';
import type { Clients } from '../../clients.ts';
import { parseServiceId, serviceOf } from '../../domain/ids.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { refusal } from '../../domain/refusal.ts';
import type { Service } from '../../domain/service/service.ts';
import type { Settings } from '../../domain/settings.ts';
import {
  type ForgottenInvitation,
  type Invitation,
  invitationIdOf,
  type Suppression,
  withNews,
} from '../../domain/survey/invitation.ts';
import {
  type ClosedAttendance,
  correspondentOf,
  invitationOf,
  suppressionOf,
} from '../../domain/survey/invite.ts';
import { MaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { traceParent } from '../../telemetry.ts';
import { retryUntilWritten } from '../services/change.ts';
import { surveyAddressHash } from './address-hash.ts';
import { toBeSent } from './begin-sending.ts';
import { followUpSoon } from './follow-up.ts';

// The id of an invitation is made of the attendance's, and it is created where there must be none: of a hundred calls at once one
// creates it, and all answer what that one wrote. A call that dies leaves either nothing, or the invitation with what must follow.
// What it noted of the customer before, its repeat knows for its own.

/** What the clock of the platform may be ahead. */
const AHEAD_MS = 300_000;
const DAY_MS = 86_400_000;

type Context = { now: Date; clock: () => Date; log: Log };

export type Invited = {
  invitation: Invitation | ForgottenInvitation;
  /** Whether this call made it. */
  isNew: boolean;
  settings: Settings;
};

/**
 * Invites the customer of a closed attendance. Of one that has its invitation it changes nothing, whatever is told of it now. An
 * inactive service asks as well: the attendance began before.
 * @throws MaloteError `invalid` naming the member; `conflict` while a link cannot be made; `dependency_unavailable`
 */
export async function inviteCustomer(
  clients: Clients,
  closed: ClosedAttendance,
  context: Context,
): Promise<Invited> {
  const { surveys, catalog } = clients.database;
  refuseFuture(closed, context.now);
  const invitationId = invitationIdOf(closed.attendanceId);
  const [found, settings] = await Promise.all([
    findInvitation(surveys, invitationId),
    readSettings(catalog).then(({ value }) => value),
  ]);
  if (found) return { invitation: found.value, isNew: false, settings };

  const { service, mail } = await namedBy(clients, closed);
  const decided = await decide(clients, closed, service, mail, settings, context.now);
  const trace = traceParent();
  const invitation = trace === undefined ? decided : { ...decided, traceParent: trace };
  const etag = await createInvitation(surveys, invitation);
  if (etag === undefined) return { invitation: await firstOf(clients, invitation), isNew: false, settings };
  const { serviceId, suppressed } = invitation;
  context.log.info('customer-invited', { invitationId, serviceId, suppressed });
  await followUpSoon(clients, { value: invitation, etag }, context);
  return { invitation, isNew: true, settings };
}

/** The base of links. @throws MaloteError `conflict` while there is none */
export function requirePublicUrl({ publicUrl }: Settings): string {
  if (publicUrl !== null) return publicUrl;
  const message =
    'publicUrl, the base of survey links, is unset; set it in the general settings (PATCH /api/settings).';
  throw refusal('conflict', [{ field: 'publicUrl', message }]);
}

function refuseFuture({ closedAt }: ClosedAttendance, now: Date): void {
  if (Date.parse(closedAt) <= now.getTime() + AHEAD_MS) return;
  const message = 'closedAt is in the future; give when the attendance was closed, and look at the clock.';
  throw refusal('invalid', [{ field: 'closedAt', message }]);
}

/** What the call names. @throws MaloteError `invalid` for a service or mail that does not exist */
async function namedBy(
  { database: { catalog, ledger } }: Clients,
  { serviceId, mailKey }: ClosedAttendance,
): Promise<{ service: Service; mail: LedgerRecord | undefined }> {
  const id = parseServiceId(serviceId);
  const [service, mail] = await Promise.all([
    id && findService(catalog, id),
    mailKey ? findRecord(ledger, mailKey) : undefined,
  ]);
  const fault = (field: string, says: string) => ({ field, message: `${field} ${says}` });
  const faults = [
    ...(service ? [] : [fault('serviceId', 'names no service; give the id that events carry.')]),
    ...(mailKey === null || mail ? [] : [fault('mailKey', 'names no mail; correct it, or leave it out.')]),
    ...(mailKey !== null && mail && serviceOf(mailKey) !== serviceId
      ? [fault('mailKey', 'names a mail of another service; correct it or serviceId.')]
      : []),
  ];
  if (!service || faults.length > 0) throw refusal('invalid', faults);
  return { service: service.value.service, mail: mail?.value };
}

/** The invitation as it is to be written; the customer is noted as asked by then. */
async function decide(
  clients: Clients,
  closed: ClosedAttendance,
  service: Service,
  mail: LedgerRecord | undefined,
  settings: Settings,
  now: Date,
): Promise<Invitation> {
  const to = correspondentOf(closed, mail);
  const keyId = clients.config.secretKeys[0]?.id ?? '';
  const invitation = invitationOf({
    closed,
    service,
    settings,
    addressHash: to === null ? null : await surveyAddressHash(clients, to.address),
    keyId,
    salt: randomBytes(16).toString('base64url'),
    now,
  });
  const suppressed =
    suppressionOf(service, mail, to) ?? (await suppressedByPast(clients, invitation, service, settings));
  if (suppressed !== null) return { ...invitation, suppressed };
  const invited = withNews(invitation, { type: 'invited', at: invitation.invitedAt });
  if (invited.delivery === 'platform' || to === null) return invited;
  return toBeSent(clients, invited, service.mailbox, to);
}

/** Why somebody who could be asked is left alone; null when that is noted now. */
async function suppressedByPast(
  { database: { surveys } }: Clients,
  invitation: Invitation,
  { survey }: Service,
  settings: Settings,
): Promise<Suppression | null> {
  const { addressHash } = invitation;
  if (addressHash !== null && (await isOptedOut(surveys, addressHash))) return 'opted_out';
  requirePublicUrl(settings);
  const days = survey.type === 'none' ? 0 : survey.askAgainAfterDays;
  if (addressHash === null || days === 0) return null;
  const { invitationId, serviceId, invitedAt: askedAt } = invitation;
  return retryUntilWritten(async () => {
    const asked = await findAsked(surveys, addressHash, serviceId);
    if (asked?.value.invitationId === invitationId) return null;
    if (asked && Date.parse(askedAt) - Date.parse(asked.value.askedAt) < days * DAY_MS)
      return 'asked_recently';
    const person = { addressHash, serviceId };
    return (await noteAsked(surveys, person, { invitationId, askedAt }, asked?.etag)) ? null : 'blocked';
  });
}

/** What another call wrote first. */
async function firstOf(
  { database: { surveys } }: Clients,
  { invitationId }: Invitation,
): Promise<Invitation | ForgottenInvitation> {
  const first = await findInvitation(surveys, invitationId);
  if (first) return first.value;
  throw new MaloteError('dependency_unavailable', 'The invitation of another call cannot be read yet.');
}
