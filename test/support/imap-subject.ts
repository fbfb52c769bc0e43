// A mailbox on a test server, as readers and connection tests are given it.
import type { ServerMailbox } from '../../shared/domain/service/service.ts';
import type { Subject } from '../../shared/mailboxes/probe/step.ts';
import type { Credential } from '../../shared/mailboxes/session.ts';
import { clock } from './clock.ts';

/** Settings for an account at 127.0.0.1, without TLS unless `changes` say so. */
export function settingsFor(port: number, changes: Partial<ServerMailbox> = {}): ServerMailbox {
  return {
    protocol: 'imap',
    address: 'contact@example.com',
    username: 'contact',
    host: '127.0.0.1',
    port,
    tls: 'none',
    caCertificate: null,
    folder: 'INBOX',
    afterRead: { action: 'delete' },
    auth: { type: 'basic' },
    ...changes,
  };
}

/** Logs in with a password. */
export function withPassword(password: string): Extract<Credential, { type: 'password' }> {
  return { type: 'password', password };
}

/** Everything that a deployment can allow, and these ports. */
export function limitsFor(...extraPorts: number[]) {
  return { allowPlaintext: true, allowPrivateHosts: true, extraPorts, graphUrl: 'https://graph.invalid' };
}

/** What a connection test is given. */
export function subjectFor(mailbox: ServerMailbox, changes: Partial<Subject> = {}): Subject {
  return {
    mailbox,
    credential: withPassword('secret'),
    allowances: limitsFor(mailbox.port),
    readFrom: new Date('2026-03-01T00:00:00Z'),
    clock,
    createFolder: false,
    finishedIn: () => () => false,
    ...changes,
  };
}
