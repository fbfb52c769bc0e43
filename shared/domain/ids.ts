// The ids of what there is: of services and of mails. Texts from outside become ids here, at the edge, and nowhere else.
import { MaloteError } from '../errors.ts';

declare const brand: unique symbol;

/** Id of a service: lower-case letters, digits and hyphens, chosen by us when the service is created. */
export type ServiceId = string & { readonly [brand]: 'ServiceId' };

/** `{serviceId}.{64 hex digits}`: the identity of a mail, the same for ever, however often it is read. */
export type MailKey = string & { readonly [brand]: 'MailKey' };

const SERVICE_ID = /^[a-z0-9-]{1,40}$/;
const MAIL_KEY = /^[a-z0-9-]{1,40}\.[0-9a-f]{64}$/;

/** The text as the id of a service; undefined when no service could have it. */
export function parseServiceId(text: unknown): ServiceId | undefined {
  return typeof text === 'string' && SERVICE_ID.test(text) ? (text as ServiceId) : undefined;
}

/** The id of a service as a caller wrote it. @throws MaloteError `not_found` when no service could have it */
export function readServiceId(text: string | undefined): ServiceId {
  const id = parseServiceId(text);
  if (id === undefined) throw unknownService(text ?? '');
  return id;
}

/** The text as the key of a mail; undefined when no mail could have it. */
export function parseMailKey(text: unknown): MailKey | undefined {
  return typeof text === 'string' && MAIL_KEY.test(text) ? (text as MailKey) : undefined;
}

/** The key of a mail as a caller wrote it. @throws MaloteError `not_found` when no mail could have it */
export function readMailKey(text: string | undefined): MailKey {
  const key = parseMailKey(text);
  if (key === undefined) throw unknownMail(text ?? '');
  return key;
}

/** The service that a mail came through. */
export function serviceOf(mailKey: MailKey): ServiceId {
  return mailKey.slice(0, mailKey.indexOf('.')) as ServiceId;
}

/** Said of an id that no service has. */
export function unknownService(id: string): MaloteError {
  return new MaloteError('not_found', `There is no service "${id.slice(0, LONGEST_SHOWN)}".`);
}

/** Said of a key that no mail has. */
export function unknownMail(key: string): MaloteError {
  return new MaloteError('not_found', `There is no mail ${key.slice(0, LONGEST_SHOWN)}.`);
}

const LONGEST_SHOWN = 120;
