// Moving readFrom earlier says how many mails would enter, counted in the mailbox itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Api, serviceNamed, startApi } from '../http/api.ts';
import { useDovecot } from '../support/dovecot.ts';

const dovecot = await useDovecot();
let api: Api;

before(async () => {
  api = await startApi({
    MAIL_ALLOW_PRIVATE_HOSTS: 'true',
    MAIL_EXTRA_PORTS: String(dovecot.ports.imaps || 1),
  });
  await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
});
after(() => api.close());

test('the refusal counts the mails between the two dates, to the second', {
  skip: dovecot.skip,
}, async () => {
  const mailbox = await dovecot.newMailbox('Lidos');
  for (const receivedAt of [
    '2026-01-31T23:59:59-03:00',
    '2026-02-01T00:00:00-03:00',
    '2026-02-15T12:00:00-03:00',
    '2026-02-28T23:59:59-03:00',
    '2026-03-01T00:00:00-03:00',
    '2026-03-20T12:00:00-03:00',
  ]) {
    await mailbox.deliver('INBOX', 'Subject: oi\r\n\r\noi\r\n', { receivedAt: new Date(receivedAt) });
  }
  const service = serviceNamed('Contado', 'vendas');
  const { json, etag } = await api.call('POST', '/api/services', {
    body: {
      ...service,
      mailbox: {
        ...service.mailbox,
        host: dovecot.host,
        port: dovecot.ports.imaps,
        username: mailbox.user,
        caCertificate: dovecot.authority.caPem,
        auth: { type: 'basic', password: mailbox.password },
      },
    },
  });
  const path = `/api/services/${json.id}`;
  const refused = await api.call('PATCH', path, { ifMatch: etag, body: { readFrom: '2026-02-01' } });
  assert.equal(refused.status, 422);
  assert.match(refused.json.detail, /: 3 more mail\(s\) would enter\./);
  assert.equal((await mailbox.list('INBOX')).filter(({ flags }) => flags.includes('\\Seen')).length, 0);

  const body = { readFrom: '2026-02-01', mailbox: { auth: { password: 'wrong' } } };
  const uncounted = await api.call('PATCH', path, { ifMatch: etag, body });
  assert.match(uncounted.json.detail, /could not be counted: .*(login|password|refused)/i);
  const agreed = await api.call('PATCH', path, { ifMatch: etag, body: { ...body, confirm: true } });
  assert.equal(agreed.status, 200);
});
