// The connection test of a mailbox that is read with access tokens: the step `token`, and what the login says then.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServerMailbox } from '../../../shared/domain/service/service.ts';
import { MaloteError } from '../../../shared/errors.ts';
import { testConnection } from '../../../shared/mailboxes/probe/test-connection.ts';
import type { Credential } from '../../../shared/mailboxes/session.ts';
import { useDovecot } from '../../support/dovecot.ts';
import { settingsFor, subjectFor } from '../../support/imap-subject.ts';
import { createMailTokens, withToken } from '../../support/mail-tokens.ts';
import { servePop3 } from '../../support/pop3-server.ts';
import { startScriptedImap } from '../../support/scripted-imap.ts';

const tokens = await createMailTokens();
const dovecot = await useDovecot({ oauth: tokens.issuer });
const skip = dovecot.skip;

async function tried(mailbox: ServerMailbox, credential: Credential) {
  const { steps, ok } = await testConnection(subjectFor(mailbox, { credential }));
  const reports = Object.fromEntries(steps.map(report => [report.step, report]));
  return { ok, names: Object.keys(reports), reports, failed: steps.find(each => each.outcome === 'failed') };
}

const settings = (protocol: 'imap' | 'pop3', username: string) =>
  settingsFor(protocol === 'imap' ? dovecot.ports.imap : dovecot.ports.pop3, {
    protocol,
    username,
    host: 'localhost',
    tls: 'starttls',
    caCertificate: dovecot.authority.caPem,
  });

for (const [protocol, mechanism, permission] of [
  ['imap', 'OAUTHBEARER', 'IMAP.AccessAsApp'],
  ['pop3', 'XOAUTH2', 'POP.AccessAsApp'],
] as const) {
  describe(`over ${protocol}`, { skip }, () => {
    test('a new token is asked for, and the login tells by which mechanism it went in', async () => {
      const { user } = await dovecot.newMailbox();
      // One from before may lack what was allowed since.
      const credential = withToken('from before', await tokens.ofPerson(user));
      const { ok, names, reports } = await tried(settings(protocol, user), credential);
      assert.equal(ok, true, JSON.stringify(reports));
      assert.deepEqual(names.slice(0, 3), ['resolve', 'token', 'connect']);
      assert.equal(reports.token?.outcome, 'ok');
      assert.deepEqual(reports.login?.detail, { mechanism });
      assert.deepEqual(credential.asked, ['renewed']);
    });

    test('a token that the server refuses fails at the login, with what to look at', async () => {
      const { user } = await dovecot.newMailbox();
      const credential = withToken(await tokens.ofApp({ roles: [] }));
      const { failed, reports } = await tried(settings(protocol, user), credential);
      assert.deepEqual([failed?.step, failed?.code], ['login', 'login_refused']);
      assert.ok(failed?.cure?.includes(permission), failed?.cure);
      assert.equal(reports.token?.outcome, 'ok');
    });

    test('an app that gets no token fails there, and the server hears nothing', async () => {
      const token = async () => {
        throw new MaloteError('app_refused', 'The secret has expired.', { cure: 'Make another.' });
      };
      const mailbox = settings(protocol, 'ana@contoso.example');
      const { failed, reports } = await tried(mailbox, { type: 'token', token });
      assert.deepEqual([failed?.step, failed?.code, failed?.cure], ['token', 'app_refused', 'Make another.']);
      assert.equal(reports.connect?.outcome, 'skipped');
    });
  });
}

test('an issuer that says nothing is given up in time', async () => {
  const silent: Credential = { type: 'token', token: () => new Promise(() => {}) };
  const { failed } = await tried(settingsFor(9), silent);
  assert.deepEqual([failed?.step, failed?.code], ['token', 'mailbox_timeout']);
  assert.match(failed?.message ?? '', /did not issue a token/);
});

test('without encryption it is the token that travels in the clear', async () => {
  const servers = {
    imap: await startScriptedImap({
      CAPABILITY: '* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\nTAG OK done',
      AUTHENTICATE: 'TAG OK in',
    }),
    pop3: await servePop3({ capabilities: ['UIDL', 'TOP', 'SASL XOAUTH2'] }),
  };
  for (const protocol of ['imap', 'pop3'] as const) {
    const { ok, reports } = await tried(
      settingsFor(servers[protocol].port, { protocol }),
      withToken('a.b.c'),
    );
    assert.equal(ok, true, JSON.stringify(reports));
    assert.equal(reports.tls?.outcome, 'warning');
    assert.match(reports.tls?.message ?? '', /access token travels in the clear/);
  }
});

test('a server that takes no tokens fails at the login, and is sent none', async () => {
  const servers = { imap: await startScriptedImap({}), pop3: await servePop3() };
  for (const protocol of ['imap', 'pop3'] as const) {
    const { port, commands } = servers[protocol];
    const { failed } = await tried(settingsFor(port, { protocol }), withToken('a.b.c'));
    assert.deepEqual([failed?.step, failed?.code], ['login', 'login_refused']);
    assert.match(failed?.message ?? '', /takes no access tokens/);
    assert.deepEqual(commands, [protocol === 'imap' ? 'CAPABILITY' : 'CAPA']);
  }
});
