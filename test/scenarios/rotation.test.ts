// Every key and secret is exchanged as docs/operations.md tells, on a running app: mail goes on, and nothing old opens anything at the end.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { loadAppCertificate } from '../../local/entra/app-certificate.ts';
import { useMailroom } from '../support/mailroom.ts';
import { signedHeaders } from '../support/signed.ts';

const room = await useMailroom();
const { dovecot } = room;
const plain = (subject: string) =>
  `From: a@example.net\r\nSubject: ${subject}\r\nMessage-ID: <${subject}-${randomUUID()}@example.net>\r\n\r\nText\r\n`;

/** Another deployment of the settings: all instances start anew with them. */
async function deploy(settings: Record<string, string>): Promise<void> {
  await room.worker().stop();
  Object.assign(room.environment, settings);
  await room.restart();
}

async function change(service: string, auth: object): Promise<number> {
  const { etag } = await room.call('GET', `/api/services/${service}`);
  const path = `/api/services/${service}`;
  return (await room.call('PATCH', path, { body: { mailbox: { auth } }, ifMatch: etag })).status;
}

/** Why the mailbox of a service cannot be read; null when it can. */
async function errorOf(service: string): Promise<string | null> {
  const { json } = await room.call('GET', `/api/services/${service}/status`);
  return json.lastError?.code ?? null;
}

describe('is exchanged without losing mail:', { skip: dovecot.skip }, () => {
  test('the key of the deployment', async () => {
    const mailbox = await dovecot.newMailbox();
    const service = await room.register(mailbox);
    const first = room.environment.SECRET_KEY_CURRENT ?? '';
    const second = `k2:${Buffer.alloc(32, 2).toString('base64')}`;
    const readsMail = async (subject: string) => {
      await mailbox.deliver('INBOX', plain(subject));
      assert.equal(await room.fetch(service), 'done');
    };
    const usesOf = async (id: string) => {
      const { json } = await room.call('GET', '/api/settings/keys');
      return json.keys.find((key: { id: string }) => key.id === id)?.services;
    };
    await readsMail('under the first');
    await deploy({ SECRET_KEY_CURRENT: first, SECRET_KEY_PREVIOUS: second });
    await readsMail('the second decrypts');
    await deploy({ SECRET_KEY_CURRENT: second, SECRET_KEY_PREVIOUS: first });
    await readsMail('the second encrypts');
    assert.equal(await usesOf('local'), 1, 'the password is still under the first');
    assert.equal(await change(service, { password: mailbox.password }), 200);
    assert.equal(await usesOf('local'), 0);
    await deploy({ SECRET_KEY_CURRENT: second, SECRET_KEY_PREVIOUS: '' });
    await readsMail('the first is gone');
    await room.received(service, 'mail.received', 4);
  });

  test('the password of a mail server', async () => {
    const mailbox = await dovecot.newMailbox();
    const service = await room.register(mailbox);
    assert.equal(await room.fetch(service), 'idle');
    await dovecot.addUser(mailbox.user, 'another');
    await room.fetchUntil(service, 'failed');
    await mailbox.deliver('INBOX', plain('meanwhile'));
    assert.equal(await errorOf(service), 'login_refused');
    assert.equal(await change(service, { password: 'another' }), 200);
    await room.received(service, 'mail.received', 1);
    // The fetch of the change says how it went when it is over.
    await room.fetchUntil(service, 'idle');
    assert.equal(await errorOf(service), null);
  });

  /** A mailbox of Microsoft 365, read by an app that proves itself so. */
  const newGraphService = async (proof: { clientId: string; [member: string]: string }) => {
    const { entra, graph } = room.stack;
    const address = `${randomUUID()}@contoso.example`;
    graph.addMailbox(address);
    await room.call('PUT', '/api/groups/support', { body: { name: 'Suporte' } });
    const auth = { type: 'oauth', flow: 'clientCredentials', tenantId: entra.tenantId, ...proof };
    const mailbox = { protocol: 'graph', address, afterRead: { action: 'delete' }, auth };
    const groups = [{ groupId: 'support' }];
    const service = await room.create({ name: address, readFrom: '2020-01-01', groups, mailbox });
    assert.equal(await room.fetch(service), 'idle');
    return { service, address };
  };
  test('the certificate of an app of Entra ID: two are good at once', async () => {
    const { entra, graph } = room.stack;
    const { clientId, certificatePem: first } = entra.mailApps.certificate;
    const { pem: second } = await loadAppCertificate();
    const { service, address } = await newGraphService({ clientId, clientCertificate: first });
    await entra.setCertificates(clientId, [first, second]);
    // Another service goes on with the first meanwhile.
    await newGraphService({ clientId, clientCertificate: first });
    await entra.setCertificates(clientId, [second]);
    const proofs = entra.requests.length;
    await graph.deliver(address, 'inbox', plain('under the second'));
    assert.equal(await change(service, { clientCertificate: second }), 200);
    await room.received(service, 'mail.received', 1);
    assert.ok(entra.requests.length > proofs, 'no token was asked for');
    assert.equal(await errorOf(service), null);
    await entra.setCertificates(clientId, [first]);
  });

  test('the app of Entra ID that reads the mailboxes', async () => {
    const { entra, graph } = room.stack;
    const { secret: first, certificate } = entra.mailApps;
    const { service, address } = await newGraphService(first);
    const other = { clientId: certificate.clientId };
    assert.equal(await change(service, other), 422, 'what proves the other app is wanted with it');
    entra.setPermissions(first.clientId, []);
    entra.invalidateTokens();
    await graph.deliver(address, 'inbox', plain('by the other app'));
    assert.equal(await change(service, { ...other, clientCertificate: certificate.certificatePem }), 200);
    await room.received(service, 'mail.received', 1);
    assert.equal(await errorOf(service), null);
    entra.setPermissions(first.clientId, ['Mail.ReadWrite', 'IMAP.AccessAsApp', 'POP.AccessAsApp']);
  });

  test('the secret of an app of Entra ID', async () => {
    const { entra, graph } = room.stack;
    const { clientId, clientSecret } = entra.mailApps.secret;
    const { service, address } = await newGraphService({ clientId, clientSecret });
    entra.setClientSecret(clientId, 'the second');
    await graph.deliver(address, 'inbox', plain('meanwhile'));
    assert.equal(await change(service, { clientSecret: 'the second' }), 200);
    await room.received(service, 'mail.received', 1);
    entra.setClientSecret(clientId, clientSecret);
  });

  test('the secret that the platform signs with', async () => {
    const add = async () => (await room.call('POST', '/api/settings/webhook-secrets')).json;
    const closed = async (secrets: string | string[]) => {
      const url = `${room.worker().url}/api/webhook/attendances/closed`;
      const answer = await fetch(url, { method: 'POST', body: '{}', headers: signedHeaders('{}', secrets) });
      return answer.status;
    };
    const first = await add();
    assert.notEqual(await closed(first.secret), 401);
    const second = await add();
    for (const secret of [first.secret, second.secret, [first.secret, second.secret]])
      assert.notEqual(await closed(secret), 401, 'both are good until the first is removed');
    const removed = await room.call('DELETE', `/api/settings/webhook-secrets/${first.id}`);
    assert.equal(removed.status, 204);
    assert.equal(await closed(first.secret), 401);
    assert.notEqual(await closed(second.secret), 401);
  });
});
