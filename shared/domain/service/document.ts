// Between what a caller writes and the record: reading a document into a service, and showing a service as a document.
import { MaloteError } from '../../errors.ts';
import type { ServiceId } from '../ids.ts';
import { applyMergePatch, type JsonObject } from '../merge-patch.ts';
import { refusal } from '../refusal.ts';
import { toFieldErrors } from '../schema-messages.ts';
import { withoutUnknown, withUnknown } from '../unknown-members.ts';
import { certificateExpiry } from './auth-schema.ts';
import { loginOf, serverOf } from './claims.ts';
import { nothing, type ServiceContext } from './context.ts';
import { defaultPort } from './mailbox-schema.ts';
import { defaultOutgoingPort, toOutgoing } from './outgoing.ts';
import { parseReadFrom } from './read-from.ts';
import { misplacedServiceMembers, type ServiceDocument, serviceSchema } from './schema.ts';
import { secretsWritten } from './secret-rules.ts';
import type { MailboxSettings, OAuth, SecretName, ServerMailbox, Service, Survey } from './service.ts';
import { defaultTerms, withIds } from './survey.ts';

/** The secrets that came with a document, or that are kept of a service. */
export type Secrets = Partial<Record<SecretName, string>>;

/** A service read from a document, and the secrets that came with it. */
export type ReadService = { service: Service; secrets: Secrets };

/**
 * Reads a whole document (a new one, or an old one with its change merged in).
 * @throws MaloteError `invalid` with every fault there is; `conflict` when all are about other services
 */
export function readServiceDocument(
  id: ServiceId,
  document: JsonObject,
  context: ServiceContext,
): ReadService {
  const schema = serviceSchema(context);
  const parsed = schema.safeParse(document);
  if (parsed.success) {
    const { current } = context;
    const service = toService(id, parsed.data, context);
    return {
      service: current ? withUnknown(schema, current, service) : service,
      secrets: secretsWritten(parsed.data as JsonObject),
    };
  }
  const { issues } = parsed.error;
  const aboutOthers = issues.every(issue => issue.code === 'custom' && issue.params?.conflict === true);
  throw refusal(aboutOthers ? 'conflict' : 'invalid', toFieldErrors(issues, misplacedServiceMembers));
}

function toService(id: ServiceId, document: ServiceDocument, context: ServiceContext): Service {
  const { type, name, active, discardDisabled, approvalRequired, readFrom, pollSeconds, groups } = document;
  return {
    id,
    type,
    name,
    active,
    formId: document.formId ?? null,
    survey: toSurvey(document.survey, context),
    discardDisabled,
    approvalRequired,
    readFrom,
    readFromAt: readFromAt(readFrom, context),
    mailbox: toMailbox(document.mailbox, context),
    pollSeconds,
    groups: groups.map(({ groupId, scheduleId }) => ({ groupId, scheduleId: scheduleId ?? null })),
  };
}

function toMailbox(document: ServiceDocument['mailbox'], context: ServiceContext): MailboxSettings {
  const { address, folder, afterRead } = document;
  const { authservId = null } = document;
  const account = { address, username: loginOf(document), folder, afterRead, authservId };
  if (document.protocol === 'graph') {
    return { protocol: 'graph', ...account, auth: toOAuth(document.auth, context) };
  }
  const { protocol, auth } = document;
  return {
    protocol,
    ...account,
    ...serverOf(document),
    auth: auth.type === 'basic' ? { type: 'basic' } : toOAuth(auth, context),
    outgoing: document.outgoing ? toOutgoing(document.outgoing) : null,
  };
}

type OAuthDocument = Extract<ServiceDocument['mailbox']['auth'], { type: 'oauth' }>;

function toOAuth(document: OAuthDocument, { current, callbackUrl }: ServiceContext): OAuth {
  const { type, flow, clientId, tenantId, redirectUri, clientSecretExpiresAt, clientCertificate } = document;
  const { clientAssertion = null } = document;
  const before = current?.mailbox.auth.type === 'oauth' ? current.mailbox.auth : undefined;
  const isKept = document.clientSecret === undefined && clientAssertion === null;
  const kept = isKept ? (before?.clientCertificateExpiresAt ?? null) : null;
  const certificateEnds = clientCertificate === undefined ? kept : certificateExpiry(clientCertificate);
  return {
    type,
    flow,
    clientId,
    tenantId,
    redirectUri: flow === 'authorizationCode' ? (redirectUri ?? callbackUrl) : null,
    // Of a secret that is there no more nobody is to be warned.
    clientSecretExpiresAt:
      certificateEnds === null && clientAssertion === null ? (clientSecretExpiresAt ?? null) : null,
    clientCertificateExpiresAt: certificateEnds,
    clientAssertion,
  };
}

/** Fixed when `readFrom` is written: a later change of the company's zone does not move it. */
function readFromAt(readFrom: string, { current, settings }: ServiceContext): string {
  if (current?.readFrom === readFrom) return current.readFromAt;
  const parsed = parseReadFrom(readFrom, settings.timeZone);
  if ('fault' in parsed) throw new MaloteError('internal', `readFrom ${parsed.fault}.`);
  return parsed.instant.toISOString();
}

function toSurvey(survey: ServiceDocument['survey'], { current }: ServiceContext): Survey {
  if (survey.type === 'none') return survey;
  const alertBelow = survey.alertBelow ?? null;
  if (survey.type === 'standard') {
    const { questionText, linkText } = survey;
    return { ...survey, questionText: questionText || null, linkText: linkText || null, alertBelow };
  }
  const present = current?.survey.type === 'custom' ? current.survey.questions : [];
  return { ...survey, questions: withIds(survey.questions, present), alertBelow };
}

/**
 * The service as its administrator writes it: what can be changed, nulls left out, without secrets. A login or port that
 * is the usual one is left out too, so that it follows when the address or the kind of TLS is changed; and of a survey the
 * terms that are the usual ones, so that whoever switches it off need not clear what nobody wrote.
 */
export function toDocument(service: Service): JsonObject {
  const { id: _id, readFromAt: _at, survey, mailbox, ...others } = service;
  const { username } = mailbox;
  const document = {
    ...others,
    survey: Object.fromEntries(Object.entries(survey).filter(([name, value]) => value !== usualTerms[name])),
    mailbox: {
      ...mailbox,
      username: username === mailbox.address ? null : username,
      ...(mailbox.protocol === 'graph' ? {} : serverDocument(mailbox)),
      auth: { ...mailbox.auth, clientCertificateExpiresAt: null },
    },
  };
  // What a later release keeps besides would be refused.
  return applyMergePatch({}, withoutUnknown(serviceSchema(nothing), document as unknown as JsonObject));
}

const usualTerms: Record<string, unknown> = defaultTerms;

function serverDocument(mailbox: ServerMailbox) {
  const { port, outgoing = null } = mailbox;
  const isUsual = outgoing?.port === defaultOutgoingPort(outgoing?.tls ?? 'starttls');
  return {
    port: port === defaultPort(mailbox) ? null : port,
    outgoing: outgoing && { ...outgoing, ...(isUsual ? { port: null } : {}) },
  };
}
