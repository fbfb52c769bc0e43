// The words of XOAUTH2, as Google defined it and Microsoft took it over (developers.google.com/gmail/imap/xoauth2-protocol).
import { MaloteError } from '../errors.ts';

/**
 * The client's one answer, in base64: fields that end with ^A.
 * @throws MaloteError `protocol_violation` when one of them would begin a field of its own
 */
export function xoauth2Answer(username: string, token: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a field must not have.
  if (/[\x00-\x1f\x7f]/.test(username + token)) {
    throw new MaloteError('protocol_violation', 'The login or the token has a control character in it.');
  }
  return Buffer.from(`user=${username}\x01auth=Bearer ${token}\x01\x01`).toString('base64');
}

/** What a server says in its last challenge, in base64, before it refuses; undefined when it is no JSON. */
export function readRefusal(challenge: string): unknown {
  try {
    return JSON.parse(Buffer.from(challenge, 'base64').toString());
  } catch {
    return undefined;
  }
}

/** Such a refusal in one line, e.g. ` (status: 401, scope: mail)`; empty when it says nothing. */
export function describeRefusal(refusal: unknown): string {
  if (typeof refusal !== 'object' || refusal === null) return '';
  const fields = Object.entries(refusal).filter(([, value]) => typeof value === 'string');
  return fields.length === 0 ? '' : ` (${fields.map(([name, value]) => `${name}: ${value}`).join(', ')})`;
}
