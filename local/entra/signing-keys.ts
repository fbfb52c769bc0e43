// The key that signs tokens, kept in a file so that a token outlives a restart of the stack.
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { readOrMake } from './kept-file.ts';

/** A private RSA key; `file` is read, or written when there is none. */
export async function loadSigningKey(file?: string): Promise<JWK> {
  return JSON.parse(await readOrMake(file, async () => JSON.stringify(await generateSigningKey())));
}

export async function generateSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), use: 'sig', alg: 'RS256' };
}
