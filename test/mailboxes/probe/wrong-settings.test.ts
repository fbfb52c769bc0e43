// The mistakes that people make: a wrong password at servers that let them wait for it, another protocol's port, another kind of TLS.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServerMailbox } from '../../../shared/domain/service/service.ts';
import { testConnection } from '../../../shared/mailboxes/probe/test-connection.ts';
import { localAuthority } from '../../support/authority.ts';
import { useDovecot } from '../../support/dovecot.ts';
import { settingsFor, subjectFor } from '../../support/imap-subject.ts';
import { servePop3 } from '../../support/pop3-server.ts';
import { hangUp, silence, startScriptedImap } from '../../support/scripted-imap.ts';

/** As Debian installs it: a refusal takes 2 s, and up to 15 s more after others from the same address. */
const dovecot = await useDovecot({ delaysRefusals: true });
/** The second signed nothing at all. */
const { caPem: caCertificate, certPem: strangeAuthority } = await localAuthority();

async function tried(port: number, settings: Partial<ServerMailbox>) {
  const report = await testConnection(
    subjectFor(settingsFor(port, { host: 'localhost', caCertificate, ...settings })),
  );
  const failed = report.steps.find(({ outcome }) => outcome === 'failed');
  return { ...report, failed, told: [failed?.step, failed?.code] };
}

describe('a wrong password', { concurrency: true }, () => {
  for (const protocol of ['imap', 'pop3'] as const) {
    test(`at Dovecot as it is installed, over ${protocol}, twice`, { skip: dovecot.skip }, async () => {
      for (let time = 1; time <= 2; time++) {
        const { told, durationMs } = await tried(dovecot.ports[protocol], { protocol, tls: 'starttls' });
        assert.deepEqual(told, ['login', 'login_refused']);
        assert.ok(durationMs < 10_000, String(durationMs));
      }
    });
  }

  test('at Courier, which answers after five seconds', async () => {
    const imap = await startScriptedImap({ LOGIN: [{ afterMs: 5_000 }, 'TAG NO Login failed.'] });
    const answers = {
      PASS: (socket: { write: (text: string) => void }) =>
        void setTimeout(() => socket.write('-ERR Login failed.\r\n'), 5_000),
    };
    const pop3 = await servePop3({ answers });
    const reports = await Promise.all([
      tried(imap.port, { tls: 'none' }),
      tried(pop3.port, { protocol: 'pop3', tls: 'none' }),
    ]);
    for (const { told, failed } of reports) {
      assert.deepEqual(told, ['login', 'login_refused']);
      assert.match(failed?.message ?? '', /Login failed\.$/);
    }
  });

  test('at a server that lets people wait for longer than anybody does says why that may be', async () => {
    const { told, failed, durationMs } = await tried((await startScriptedImap({ LOGIN: silence })).port, {
      tls: 'none',
    });
    assert.deepEqual(told, ['login', 'mailbox_timeout']);
    assert.match(failed?.cure ?? '', /whoever gave a wrong password wait/);
    assert.ok(durationMs < 10_000, String(durationMs));
  });
});

describe('the port of another protocol is told at once', { concurrency: true }, () => {
  const cases: ['imap' | 'pop3', 'imap' | 'imaps' | 'pop3' | 'pop3s', ServerMailbox['tls'], RegExp][] = [
    ['imap', 'pop3s', 'implicit', /^This is a POP3 server\./],
    ['imap', 'pop3', 'starttls', /^This is a POP3 server\./],
    ['imap', 'pop3', 'none', /^This is a POP3 server\./],
    ['pop3', 'imaps', 'implicit', /^This is an IMAP server\./],
    ['pop3', 'imap', 'starttls', /^This is an IMAP server\./],
    ['pop3', 'imap', 'none', /^This is an IMAP server\./],
  ];
  for (const [protocol, port, tls, said] of cases) {
    test(`${protocol} with ${tls} at the port ${port}`, { skip: dovecot.skip }, async () => {
      const { failed, durationMs } = await tried(dovecot.ports[port], { protocol, tls });
      assert.equal(failed?.code, 'protocol_violation');
      assert.match(failed?.message ?? '', said);
      const [ports, other] = protocol === 'imap' ? [/993.*143/, 'pop3'] : [/995.*110/, 'imap'];
      assert.match(failed?.cure ?? '', ports);
      assert.ok(failed?.cure?.includes(`mailbox.protocol to "${other}"`));
      assert.ok(durationMs < 2_000, String(durationMs));
    });
  }

  test('a server that sends mail', async () => {
    const smtp = await startScriptedImap({ greeting: '220 mx.example.com ESMTP' });
    for (const protocol of ['imap', 'pop3'] as const) {
      const { failed } = await tried(smtp.port, { protocol, tls: 'none' });
      assert.match(failed?.message ?? '', /^This is an SMTP server\./);
    }
  });
});

describe('what is wrong with TLS is told at the step tls', { concurrency: true }, () => {
  for (const protocol of ['imap', 'pop3'] as const) {
    test(`over ${protocol}`, { skip: dovecot.skip }, async () => {
      const { ports } = dovecot;
      const secure = protocol === 'imap' ? ports.imaps : ports.pop3s;
      const mute = await startScriptedImap({ greeting: hangUp });
      const steps = await Promise.all([
        tried(ports[protocol], { protocol, tls: 'implicit' }),
        tried(mute.port, { protocol, tls: 'implicit' }),
        tried(secure, { protocol, tls: 'implicit', caCertificate: strangeAuthority }),
        tried(ports[protocol], { protocol, tls: 'starttls', caCertificate: strangeAuthority }),
      ]);
      assert.deepEqual(
        steps.map(({ told }) => told),
        [
          ['tls', 'tls_failed'],
          ['tls', 'tls_failed'],
          ['tls', 'certificate_invalid'],
          ['tls', 'certificate_invalid'],
        ],
      );
      assert.ok(steps.every(({ failed }) => failed?.cure));
    });
  }

  test('a POP3 server without STLS, or that refuses it', async () => {
    for (const capabilities of [['TOP'], ['TOP', 'STLS']]) {
      const server = await servePop3({ capabilities, answers: { STLS: '-ERR not today\r\n' } });
      const { told } = await tried(server.port, { protocol: 'pop3', tls: 'starttls' });
      assert.deepEqual(told, ['tls', 'tls_failed']);
      assert.equal(server.count('PASS'), 0);
    }
  });
});
