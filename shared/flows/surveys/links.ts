// The link of an invitation: made again whenever it is wanted, and nowhere kept.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Stored } from '../../azure/cosmos.ts';
import { findInvitation } from '../../azure/surveys-store.ts';
import type { Clients } from '../../clients.ts';
import type { SecretKey } from '../../config.ts';
import { type Invitation, parseInvitationId, stateOf } from '../../domain/survey/invitation.ts';
import { MaloteError } from '../../errors.ts';
import { derivedKey } from './derived-key.ts';

// A token is the invitation's id, by which it is found, and an HMAC over that and a salt that is kept with it: who knows an
// attendance's id cannot make its link, nor who reads the database without the deployment's key.

const ID_LENGTH = 22;
/** 22 characters of the id and 43 of the HMAC, base64url. */
const TOKEN = /^[A-Za-z0-9_-]{65}$/;

type Keyed = Pick<Invitation, 'invitationId' | 'keyId' | 'salt'>;

/**
 * The token of an invitation.
 * @throws MaloteError `misconfigured` when the key that it was made under is no longer configured
 */
export function tokenOf(keys: readonly SecretKey[], invitation: Keyed): string {
  return invitation.invitationId + macOf(keys, invitation).toString('base64url');
}

/** The address of the customer's page. @param publicUrl without a slash at the end */
export function linkOf(keys: readonly SecretKey[], invitation: Keyed, publicUrl: string): string {
  return `${publicUrl}/s/${tokenOf(keys, invitation)}`;
}

/**
 * The invitation that a token opens; undefined when it is none of ours, or when what it opened is forgotten. One point read. Of one
 * that has ended the key may be gone, and then nobody can tell its link from another's.
 * @throws MaloteError `dependency_unavailable`; `misconfigured` when the key of an invitation that is open is not configured
 */
export async function findByToken(
  { config, database }: Pick<Clients, 'config' | 'database'>,
  token: string,
  now: Date,
): Promise<Stored<Invitation> | undefined> {
  const invitationId = TOKEN.test(token) ? parseInvitationId(token.slice(0, ID_LENGTH)) : undefined;
  if (!invitationId) return undefined;
  const found = await findInvitation(database.surveys, invitationId);
  if (found?.value.kind !== 'invitation' || found.value.suppressed !== null) return undefined;
  const { keyId } = found.value;
  const hasEnded = ['locked', 'expired'].includes(stateOf(found.value, now));
  if (hasEnded && !config.secretKeys.some(({ id }) => id === keyId)) return undefined;
  // As text: the last character could be written otherwise and decode to the same.
  const isOurs = timingSafeEqual(Buffer.from(token), Buffer.from(tokenOf(config.secretKeys, found.value)));
  return isOurs ? { value: found.value, etag: found.etag } : undefined;
}

function macOf(keys: readonly SecretKey[], { invitationId, keyId, salt }: Keyed): Buffer {
  const key = keys.find(({ id }) => id === keyId);
  if (!key) {
    throw new MaloteError(
      'misconfigured',
      `SECRET_KEY_PREVIOUS: links of surveys were made under the key "${keyId}", which is not configured.`,
      { cure: 'Give the key back until the surveys that it invited to have expired.' },
    );
  }
  return createHmac('sha256', derivedKey(key, 'survey-links')).update(`${invitationId}.${salt}`).digest();
}
