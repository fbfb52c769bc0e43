// When somebody is told that the certificate of a mail server ends.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import type { ServiceItem } from '../../../shared/azure/services-store.ts';
import { readConfig } from '../../../shared/config.ts';
import type { Service } from '../../../shared/domain/service/service.ts';
import { withSession } from '../../../shared/flows/intake/fetch.ts';
import { sealSecrets } from '../../../shared/flows/login/secrets.ts';
import { tellCertificate } from '../../../shared/flows/login/server-certificate.ts';
import { createLog } from '../../../shared/log.ts';
import { useDovecot } from '../../support/dovecot.ts';
import { settingsFor } from '../../support/imap-subject.ts';

const dovecot = await useDovecot();

const day = (count: number) => new Date(Date.UTC(2026, 0, 1) + count * 86_400_000);

/** What is logged of a certificate that lives so many days, on one of them. */
function toldOf(lifeDays: number, now: Date): string[] {
  const told: string[] = [];
  const log = createLog((_level, line) => told.push(line), {});
  tellCertificate({ from: day(0), to: day(lifeDays) }, now, log);
  return told;
}

test('of a year or of 90 days the last week is told, with when it ends', () => {
  for (const lifeDays of [90, 365]) {
    assert.deepEqual(toldOf(lifeDays, day(lifeDays - 8)), []);
    const [line = '{}'] = toldOf(lifeDays, day(lifeDays - 6));
    assert.partialDeepStrictEqual(JSON.parse(line), {
      event: 'credential-ending',
      field: 'serverCertificate',
      expiresAt: day(lifeDays).toISOString(),
    });
  }
});

test('one of six days is told when a day or so is left: it is renewed every few days', () => {
  assert.deepEqual(toldOf(6, day(4)), []);
  assert.equal(toldOf(6, day(5)).length, 1);
});

test('where there is no certificate nothing is told', () => {
  const log = createLog(() => assert.fail('something was told'), {});
  tellCertificate(undefined, day(0), log);
});

test('every fetch tells it of the server that it reads, over IMAP and POP3', {
  skip: dovecot.skip,
}, async () => {
  const { imaps, pop3s } = dovecot.ports;
  const config = readConfig({
    ServiceBus: 'unused',
    COSMOS_ENDPOINT: 'https://127.0.0.1:1',
    BLOB_ENDPOINT: 'https://127.0.0.1:1/unused',
    ENTRA_ISSUER: 'https://127.0.0.1:1',
    ENTRA_AUDIENCE: 'unused',
    SECRET_KEY_CURRENT: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
    MAIL_ALLOW_PRIVATE_HOSTS: 'true',
    MAIL_EXTRA_PORTS: `${imaps},${pop3s}`,
  });
  const ends = new Date(new X509Certificate(dovecot.authority.certPem).validTo);
  const dayBefore = () => new Date(ends.getTime() - 86_400_000);
  for (const [protocol, port] of [
    ['imap', imaps],
    ['pop3', pop3s],
  ] as const) {
    const { user, password } = await dovecot.newMailbox();
    const tls = { tls: 'implicit', caCertificate: dovecot.authority.caPem } as const;
    const mailbox = settingsFor(port, { protocol, username: user, ...tls });
    const service = { id: 'svc', mailbox } as Service;
    const secrets = sealSecrets({ config }, service.id, mailbox, { password });
    const told: string[] = [];
    await withSession(
      {
        clients: { config } as never,
        request: { serviceId: service.id, reason: 'now' } as never,
        log: createLog((_level, line) => told.push(line), {}),
        clock: dayBefore,
        service: { value: { service, secrets } as ServiceItem, etag: '' },
        stored: undefined,
      },
      undefined,
      async () => {},
    );
    assert.equal(told.length, 1);
    assert.equal(JSON.parse(told[0] ?? '{}').expiresAt, ends.toISOString());
  }
});
