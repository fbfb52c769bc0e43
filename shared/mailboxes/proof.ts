// What a server is shown to log in: a password, or an access token that is renewed once when the server refuses it.
import { MaloteError } from '../errors.ts';
import type { Credential } from './session.ts';

/** A credential at hand: a token is asked for anew for every connection. */
export type Proof = { type: 'password'; password: string } | { type: 'token'; token: string };

/**
 * Opens a connection with the credential. When the server refuses a token, it may have been revoked, or lack a permission
 * that was given since: `open` is called once more, with another one.
 * @throws MaloteError what asking for a token throws, and what `open` throws
 */
export async function openWith<Opened>(
  credential: Credential,
  open: (proof: Proof) => Promise<Opened>,
): Promise<Opened> {
  if (credential.type === 'password') return open(credential);
  const token = await credential.token();
  try {
    return await open({ type: 'token', token });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return open({ type: 'token', token: await credential.token({ renew: true }) });
  }
}

/** A login that was not even tried, because the server takes no tokens, has no cause. */
function isRefusal(error: unknown): boolean {
  return error instanceof MaloteError && error.code === 'login_refused' && error.cause !== undefined;
}
