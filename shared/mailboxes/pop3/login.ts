// Logging in over POP3: USER and PASS (RFC 1939 7), AUTH PLAIN (RFC 5034), or XOAUTH2 with an access token.

import type { Proof } from '../proof.ts';
import { takesNoTokens } from '../token-errors.ts';
import { describeRefusal, readRefusal, xoauth2Answer } from '../xoauth2.ts';
import type { Pop3Client } from './client.ts';
import { isRefusal, Pop3Error } from './errors.ts';

/** How it was logged in. */
export type Pop3Mechanism = 'USER' | 'PLAIN' | 'XOAUTH2';

/**
 * Logs in, and asks again what the server can do.
 * @throws Pop3Error; MaloteError `login_refused` without a cause where the server takes no tokens: then none was sent
 */
export async function logInPop3(client: Pop3Client, username: string, proof: Proof): Promise<Pop3Mechanism> {
  // After TLS, which cannot begin any more then (RFC 6856 2.1).
  await client.acceptUtf8();
  const mechanism =
    proof.type === 'token'
      ? await logInByToken(client, username, proof.token)
      : await logInByPassword(client, username, proof.password);
  await client.readCapabilities();
  return mechanism;
}

/** By AUTH PLAIN only where USER is not offered: every server knows USER. */
async function logInByPassword(
  client: Pop3Client,
  username: string,
  password: string,
): Promise<Pop3Mechanism> {
  if (mechanismsOf(client).includes('PLAIN') && !client.capabilities.has('USER')) {
    const answer = Buffer.from(`\0${username}\0${password}`).toString('base64');
    await client.authenticate(`AUTH PLAIN ${answer}`);
    return 'PLAIN';
  }
  await client.authenticate(`USER ${username}`);
  await client.authenticate(`PASS ${password}`);
  return 'USER';
}

/**
 * In two lines, since Microsoft 365 ends the connection when the token comes with the command; it offers XOAUTH2 in CAPA.
 * A server that refuses may first say why in a challenge, which wants an empty line for its answer.
 */
async function logInByToken(client: Pop3Client, username: string, token: string): Promise<Pop3Mechanism> {
  const offered = mechanismsOf(client);
  if (!offered.includes('XOAUTH2')) throw takesNoTokens('XOAUTH2', offered.join(', '));
  const unsent = [xoauth2Answer(username, token)];
  let reason = '';
  try {
    await client.authenticate('AUTH XOAUTH2', challenge => {
      const answer = unsent.shift();
      if (answer === undefined) reason = describeRefusal(readRefusal(challenge));
      return answer ?? '';
    });
  } catch (error) {
    if (!(error instanceof Pop3Error) || !isRefusal(error)) throw error;
    const { command, said } = error;
    throw new Pop3Error('REFUSED', error.message, { command, said: said + reason });
  }
  return 'XOAUTH2';
}

function mechanismsOf({ capabilities }: Pop3Client): string[] {
  return capabilities.get('SASL')?.map(name => name.toUpperCase()) ?? [];
}
