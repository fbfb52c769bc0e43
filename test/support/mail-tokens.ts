// Access tokens for mail as Entra ID issues them, of an issuer that a test file has for itself, and logging in with them.
import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { TokenIssuer } from '../../local/mail/token-check.ts';
import type { Credential } from '../../shared/mailboxes/session.ts';

export type MailTokens = {
  issuer: TokenIssuer;
  /** A person's token; `claims` change it, e.g. `{ aud: 'https://graph.microsoft.com' }`. */
  ofPerson: (address: string, claims?: JWTPayload) => Promise<string>;
  /** An app's token, for whatever mailbox. */
  ofApp: (claims?: JWTPayload) => Promise<string>;
  revoke: (token: string) => void;
};

export async function createMailTokens(): Promise<MailTokens> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const kid = randomUUID();
  const revoked = new Set<string>();
  const issuer = `https://login.contoso.example/${randomUUID()}/v2.0`;
  const sign = (claims: JWTPayload) => {
    const now = Math.floor(Date.now() / 1_000);
    // `uti` tells apart tokens of one second, as Entra's does.
    const usual = { iss: issuer, iat: now, nbf: now, exp: now + 3_600, uti: randomUUID() };
    return new SignJWT({ ...usual, aud: 'https://outlook.office365.com', ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
      .sign(privateKey);
  };
  return {
    issuer: {
      issuer,
      keys: createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid }] }),
      isRevoked: token => revoked.has(token),
    },
    revoke: token => void revoked.add(token),
    ofPerson: (address, claims) =>
      sign({
        upn: address,
        preferred_username: address,
        scp: 'IMAP.AccessAsUser.All POP.AccessAsUser.All',
        ...claims,
      }),
    ofApp: claims => sign({ roles: ['IMAP.AccessAsApp', 'POP.AccessAsApp'], ...claims }),
  };
}

/** Logs in with `token`, and with `renewed` when that is refused; `asked` tells how often, and how, it was asked. */
export type TestCredential = Extract<Credential, { type: 'token' }> & { asked: ('usual' | 'renewed')[] };

export function withToken(token: string, renewed = token): TestCredential {
  const asked: TestCredential['asked'] = [];
  return {
    type: 'token',
    async token(options) {
      asked.push(options?.renew ? 'renewed' : 'usual');
      return options?.renew ? renewed : token;
    },
    asked,
  };
}
