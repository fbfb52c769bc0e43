// Between what a caller writes and the record: reading a document into a service, and showing a service as a document.
import { MaloteError } from '../errors.ts';
import type { ServiceId } from './mail.ts';
import { defaultPort } from './mailbox-schema.ts';
import { applyMergePatch, type JsonObject } from './merge-patch.ts';
import { parseReadFrom } from './read-from.ts';
import { refusal } from './refusal.ts';
import { toFieldErrors } from './schema-messages.ts';
import type { Service, Survey } from './service.ts';
import { destinationOf } from './service-claims.ts';
import {
  misplacedServiceMembers,
  type ServiceContext,
  type ServiceDocument,
  serviceSchema,
} from './service-schema.ts';

/** A service read from a document, and the password that came with it. */
export type ReadService = { service: Service; password: string | undefined };

/**
 * Reads a whole document (a new one, or an old one with its change merged in).
 * @throws MaloteError `invalid` with every fault there is; `conflict` when all are about other services
 */
export function readServiceDocument(
  id: ServiceId,
  document: JsonObject,
  context: ServiceContext,
): ReadService {
  const parsed = serviceSchema(context).safeParse(document);
  if (parsed.success) {
    const { password } = parsed.data.mailbox.auth;
    return { service: toService(id, parsed.data, context), password };
  }
  const { issues } = parsed.error;
  const aboutOthers = issues.every(issue => issue.code === 'custom' && issue.params?.conflict === true);
  throw refusal(aboutOthers ? 'conflict' : 'invalid', toFieldErrors(issues, misplacedServiceMembers));
}

function toService(id: ServiceId, document: ServiceDocument, context: ServiceContext): Service {
  const { type, name, active, discardDisabled, approvalRequired, readFrom, pollSeconds, groups } = document;
  const { protocol, address, folder, afterRead } = document.mailbox;
  return {
    id,
    type,
    name,
    active,
    formId: null,
    survey: toSurvey(document.survey),
    discardDisabled,
    approvalRequired,
    readFrom,
    readFromAt: readFromAt(readFrom, context),
    mailbox: {
      protocol,
      address,
      ...destinationOf(document.mailbox),
      folder,
      afterRead,
      auth: { type: 'basic' },
    },
    pollSeconds,
    groups: groups.map(({ groupId, scheduleId }) => ({ groupId, scheduleId: scheduleId ?? null })),
  };
}

/** Fixed when `readFrom` is written: a later change of the company's zone does not move it. */
function readFromAt(readFrom: string, { current, settings }: ServiceContext): string {
  if (current?.readFrom === readFrom) return current.readFromAt;
  const parsed = parseReadFrom(readFrom, settings.timeZone);
  if ('fault' in parsed) throw new MaloteError('internal', `readFrom ${parsed.fault}.`);
  return parsed.instant.toISOString();
}

function toSurvey(survey: ServiceDocument['survey']): Survey {
  if (survey.type !== 'standard') return survey;
  const { type, questionText, linkText, commentDisabled } = survey;
  return { type, questionText: questionText || null, linkText: linkText || null, commentDisabled };
}

/**
 * The service as its administrator writes it: what can be changed, nulls left out, without secrets. A login or port that
 * is the usual one is left out too, so that it follows when the address or the kind of TLS is changed.
 */
export function toDocument(service: Service): JsonObject {
  const { id: _id, readFromAt: _readFromAt, mailbox, ...written } = service;
  const document = {
    ...written,
    mailbox: {
      ...mailbox,
      username: mailbox.username === mailbox.address ? null : mailbox.username,
      port: mailbox.port === defaultPort(mailbox) ? null : mailbox.port,
    },
  };
  return applyMergePatch({}, document as unknown as JsonObject);
}
