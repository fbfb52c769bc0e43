// When a form was shown, signed: who sends one back sooner than anybody reads is most likely no person.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SecretKey } from '../../config.ts';
import type { InvitationId } from '../../domain/survey/invitation.ts';
import { derivedKey } from './derived-key.ts';

/** Nobody reads a question and answers it sooner. */
const LEAST_MS = 2_000;

/** The instant for a form about an invitation: `{milliseconds in base 36}.{HMAC in base64url}`. */
export function signShownAt(keys: readonly SecretKey[], invitationId: InvitationId, at: Date): string {
  const [newest] = keys;
  if (!newest) throw new Error('There is no key');
  const time = at.getTime().toString(36);
  return `${time}.${macOf(newest, invitationId, time).toString('base64url')}`;
}

/** Whether the form was shown long enough before `now`. One that is missing, forged or of another invitation never was. */
export function isReadByPerson(
  keys: readonly SecretKey[],
  invitationId: InvitationId,
  signed: string | null,
  now: Date,
): boolean {
  const shownAt = readShownAt(keys, invitationId, signed);
  return shownAt !== undefined && now.getTime() - shownAt >= LEAST_MS;
}

/** The instant in milliseconds; undefined unless we signed it for this invitation. */
function readShownAt(
  keys: readonly SecretKey[],
  invitationId: InvitationId,
  signed: string | null,
): number | undefined {
  const [, time = '', mac = ''] = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{22})$/.exec(signed ?? '') ?? [];
  const given = Buffer.from(mac, 'base64url');
  const isOurs = keys.some(key => {
    const expected = macOf(key, invitationId, time);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return isOurs ? Number.parseInt(time, 36) : undefined;
}

function macOf(key: SecretKey, invitationId: InvitationId, time: string): Buffer {
  const mac = createHmac('sha256', derivedKey(key, 'survey-times')).update(`${invitationId}.${time}`);
  return mac.digest().subarray(0, 16);
}
