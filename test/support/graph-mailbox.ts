// A mailbox of Microsoft 365, as the reader and the connection test are given it.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import type { Authority } from '../../local/tls.ts';
import type { GraphMailbox, OAuth } from '../../shared/domain/service/service.ts';
import { openGraph } from '../../shared/mailboxes/graph/session.ts';
import type { Subject } from '../../shared/mailboxes/probe/step.ts';
import type { Credential, Session } from '../../shared/mailboxes/session.ts';
import { localAuthority } from './authority.ts';
import { clock } from './clock.ts';
import { limitsFor } from './imap-subject.ts';

const auth: OAuth = {
  type: 'oauth',
  flow: 'clientCredentials',
  clientId: '10ca1000-0000-4000-8000-000000000001',
  tenantId: 'contoso.example',
  redirectUri: null,
  clientSecretExpiresAt: null,
  clientCertificateExpiresAt: null,
};

/** Settings that an app reads by, moving to `Processados`, unless `changes` say otherwise. */
export function graphMailbox(
  address: string,
  { flow = auth.flow, ...changes }: Partial<GraphMailbox> & Partial<Pick<OAuth, 'flow'>> = {},
): GraphMailbox {
  return {
    protocol: 'graph',
    address,
    username: address,
    folder: 'INBOX',
    afterRead: { action: 'move', folder: 'Processados' },
    auth: { ...auth, flow },
    ...changes,
  };
}

/** Always the same token, or one after the other as renewals are asked for. */
export function withTokens(...tokens: string[]): Credential {
  let current = 0;
  return {
    type: 'token',
    token: async ({ renew } = { renew: false }) => {
      if (renew) current += 1;
      return tokens[current] ?? 'none-left';
    },
  };
}

/** Opens a session, closed with the test file. */
export async function openSession(
  graphUrl: string,
  mailbox: GraphMailbox,
  credential: Credential,
  signal: AbortSignal = new AbortController().signal,
): Promise<Session> {
  const session = await openGraph({ mailbox, credential, clock }, { ...limitsFor(), graphUrl }, signal);
  after(session.close);
  return session;
}

/** What a connection test is given. */
export function graphSubject(
  graphUrl: string,
  mailbox: GraphMailbox,
  credential: Credential,
  changes: Partial<Subject> = {},
): Subject {
  return {
    mailbox,
    credential,
    allowances: { ...limitsFor(), graphUrl },
    readFrom: new Date('2026-03-01T00:00:00Z'),
    clock,
    createFolder: false,
    finishedIn: () => () => false,
    ...changes,
  };
}

/** Serves over HTTPS what Graph's stand-in never does; everything ends with the test file. */
export async function serveScript(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  authority?: Authority,
): Promise<string> {
  const { certPem, keyPem } = authority ?? (await localAuthority());
  const server = createServer({ cert: certPem, key: keyPem }, answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(async () => {
    const closed = once(server.close(), 'close');
    server.closeAllConnections();
    await closed;
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
