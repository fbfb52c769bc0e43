// Tells Dovecot what an access token is worth: an introspection endpoint (RFC 7662) that knows tokens as Exchange Online does.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { answerEach, closeServer } from '../http-server.ts';

/** Whose tokens count. */
export type TokenIssuer = {
  issuer: string;
  /** Its public keys by `kid`: `createRemoteJWKSet` or `createLocalJWKSet` of jose. */
  keys: JWTVerifyGetKey;
  /** Whether it has taken back one of its tokens. */
  isRevoked: (token: string) => boolean;
};

export type TokenCheck = { url: string; close: () => Promise<void> };

/** The mail API by its two names (learn.microsoft.com, "Authenticate an IMAP, POP or SMTP connection using OAuth"). */
const audience = ['https://outlook.office365.com', 'https://outlook.office.com'];

/** What a token must allow, by the service that Dovecot names: as a role of an app, as a scope of a person. */
const permissions: Record<string, { role: string; scope: string }> = {
  imap: { role: 'IMAP.AccessAsApp', scope: 'IMAP.AccessAsUser.All' },
  pop3: { role: 'POP.AccessAsApp', scope: 'POP.AccessAsUser.All' },
};

/**
 * What Dovecot makes its decision of. It does not tell which mailbox is asked for, so a person's address goes back to be
 * compared there, and an app is vouched for whatever the mailbox. A token that is worth nothing has neither.
 */
type Verdict = { username: string; app: boolean };
const worthless: Verdict = { username: '', app: false };

/** Listens on loopback without TLS, for Dovecot alone. */
export async function startTokenCheck({ issuer, keys, isRevoked }: TokenIssuer): Promise<TokenCheck> {
  const judge = async (token: string, service: string): Promise<Verdict> => {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience, requiredClaims: ['exp'] });
      return isRevoked(token) ? worthless : verdictOn(payload, service);
    } catch (error) {
      if (error instanceof errors.JOSEError) return worthless;
      throw error;
    }
  };
  const server = createServer();
  answerEach(server, async (request, response) => {
    const token = new URLSearchParams(await text(request)).get('token') ?? '';
    try {
      const verdict = await judge(token, String(request.headers['x-dovecot-auth-service']));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(verdict));
    } catch {
      // The issuer's keys cannot be had: Dovecot says [UNAVAILABLE] then, instead of refusing the token.
      response.writeHead(503).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/introspect`, close: () => closeServer(server) };
}

function verdictOn({ upn, scp, roles }: JWTPayload, service: string): Verdict {
  const wanted = permissions[service];
  if (!wanted) return worthless;
  if (typeof upn !== 'string') {
    return { username: '', app: Array.isArray(roles) && roles.includes(wanted.role) };
  }
  const mayRead = String(scp).split(' ').includes(wanted.scope);
  return mayRead ? { username: upn.toLowerCase(), app: false } : worthless;
}
