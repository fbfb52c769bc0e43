// What alerts look for is what the app logs: each fact is brought about in the app, and held against the query of its alert.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Fact } from '../../local/app.ts';
import { factsIn } from '../infra/kusto.ts';
import { useMailroom } from '../support/mailroom.ts';
import { signedHeaders } from '../support/signed.ts';
import { until } from '../support/until.ts';

const room = await useMailroom();
const { dovecot, stack } = room;
const skip = dovecot.skip;
const plain = 'From: a@example.net\r\nSubject: x\r\n\r\nText\r\n';
const queryOf = (alert: string) => readFileSync(`infra/alerts/${alert}.kql`, 'utf8');
const shown = new Set<string>();

/** Runs a timer, and waits for the fact that it brings about. */
const runTimer = async (name: string, event: string, is: (fact: Fact) => boolean = () => true) => {
  const { facts } = room.worker();
  const before = facts.length;
  await fetch(`${room.worker().url}/admin/functions/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  return until(event, () => facts.slice(before).find(fact => fact.event === event && is(fact)));
};
/** That a fact has everything that a query needs of it. */
const assertLookedFor = (alert: string, fact: Fact) => {
  const looked = factsIn(queryOf(alert)).find(({ event }) => event === fact.event);
  assert.ok(looked, `${alert} does not look for ${fact.event}`);
  const missing = looked.members.filter(member => fact[member] === undefined || fact[member] === null);
  assert.deepEqual(missing, []);
  shown.add(`${alert} ${fact.event}`);
};
const isInstant = (value: unknown) => new Date(String(value)).toISOString() === value;

test('a tick is told', { skip }, async () => {
  assertLookedFor('no-tick', await runTimer('poll-mailboxes', 'mailboxes-polled'));
});

test('a fetch says how it ended, and how often there is to be one', { skip }, async () => {
  const service = await room.register(await dovecot.newMailbox());
  assert.equal(await room.fetch(service), 'idle');
  const fetched = room.worker().facts.findLast(fact => fact.event === 'mailbox-fetched')!;
  assertLookedFor('mailbox-silent', fetched);
  assert.equal(fetched.pollSeconds, 60);
});

test('a mailbox that is failing is told until it is mended', { skip }, async () => {
  const mailbox = await dovecot.newMailbox();
  const service = await room.register(mailbox, { mailbox: { auth: { type: 'basic', password: 'wrong' } } });
  assert.equal(await room.fetch(service), 'failed');
  const ours = (fact: Fact) => fact.serviceId === service;
  const failing = await runTimer('tell-gauges', 'mailbox-failing', ours);
  assertLookedFor('mailbox-failing', failing);
  assert.equal(failing.code, 'login_refused');
  assert.ok(isInstant(failing.since));
  const { failing: count } = await runTimer('tell-gauges', 'gauges-told');
  assert.equal(count, 1);
});

test('a mailbox from which no invitation can be sent is told, apart from reading', { skip }, async () => {
  const { url } = room.worker();
  await room.call('PATCH', '/api/settings', { body: { publicUrl: url }, ifMatch: '*' });
  // A server of POP3 is none to send by.
  const outgoing = { host: dovecot.host, port: dovecot.ports.pop3s, tls: 'implicit' };
  const survey = { type: 'standard', delivery: 'mailbox' };
  const service = await room.register(await dovecot.newMailbox(), { mailbox: { outgoing }, survey });
  assert.equal(await room.fetch(service), 'idle');
  const { json: made } = await room.call('POST', '/api/settings/webhook-secrets');
  const closed = { attendanceId: randomUUID(), serviceId: service, closedAt: new Date().toISOString() };
  const body = JSON.stringify({ ...closed, customer: { address: 'ana@cliente.example' } });
  const headers = signedHeaders(body, made.secret);
  const { status } = await fetch(`${url}/api/webhook/attendances/closed`, { method: 'POST', headers, body });
  assert.equal(status, 201);
  const statusOf = async () => (await room.call('GET', `/api/services/${service}/status`)).json;
  const { sending } = await until('the attempt', async () => {
    const now = await statusOf();
    return now.sending !== null && now;
  });
  const ours = (fact: Fact) => fact.serviceId === service;
  const failing = await runTimer('tell-gauges', 'sending-failing', ours);
  assertLookedFor('mailbox-failing', failing);
  assert.deepEqual([failing.code, failing.since], [sending.code, sending.since]);
  const { notSending } = await runTimer('tell-gauges', 'gauges-told');
  assert.equal(notSending, 1);
  // What is changed is tried afresh.
  assert.equal(
    (await room.call('PATCH', `/api/services/${service}`, { body: { pollSeconds: 90 }, ifMatch: '*' }))
      .status,
    200,
  );
  const { notSending: after } = await runTimer('tell-gauges', 'gauges-told');
  assert.equal(after, 0);
});

test('a bus that takes no events is told, and so is mail that is safe with us and waits for it', {
  skip,
}, async () => {
  const mailbox = await dovecot.newMailbox();
  await mailbox.deliver('INBOX', plain);
  const service = await room.register(mailbox, {
    mailbox: { protocol: 'pop3', port: dovecot.ports.pop3s },
  });
  stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
  assert.equal(await room.fetch(service), 'failed');
  const failed = room.worker().facts.findLast(fact => fact.event === 'publish-failed')!;
  assertLookedFor('unpublished', failed);
  assert.equal(failed.mails, 1);
  const told = await runTimer('tell-gauges', 'gauges-told');
  stack.serviceBus.faults.clear();
  assertLookedFor('unpublished', told);
  assert.ok(isInstant(told.oldestUnpublishedAt));
});

test('mail that waits for a supervisor is told, with the oldest', { skip }, async () => {
  const mailbox = await dovecot.newMailbox();
  await mailbox.deliver('INBOX', plain);
  const service = await room.register(mailbox, { approvalRequired: true });
  await room.fetch(service);
  const held = await runTimer('follow-up-orders', 'mail-held');
  assertLookedFor('held', held);
  assert.ok(isInstant(held.oldestHeldAt));
});

test('a secret that is about to end is told', { skip }, async () => {
  const soon = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
  const auth = {
    type: 'oauth',
    flow: 'clientCredentials',
    tenantId: '11111111-2222-4333-8444-555555555555',
    clientId: '11111111-2222-4333-8444-666666666666',
    clientSecret: 'a-value',
    clientSecretExpiresAt: soon,
  };
  const service = await room.register(await dovecot.newMailbox(), { mailbox: { auth } });
  await room.begin(service);
  const ending = await runTimer('tell-gauges', 'credential-ending', ({ serviceId }) => serviceId === service);
  assertLookedFor('credential-ending', ending);
  assert.equal(ending.field, 'clientSecretExpiresAt');
});

test('a page that customers do not get is told', { skip }, async () => {
  await room.worker().kill();
  await room.restart();
  for (const on of ['read', 'query']) stack.cosmos.faults.add({ on, action: 'refuse' });
  const { status } = await fetch(`${room.worker().url}/s/${'A'.repeat(44)}`);
  stack.cosmos.faults.clear();
  assert.equal(status, 503);
  const asked = await until('the request', () =>
    room.worker().facts.find(({ event }) => event === 'request'),
  );
  assertLookedFor('survey-page', asked);
  assert.equal(asked.status, 503);
  assert.ok(queryOf('survey-page').includes(`'${asked.function}'`));
});

test('no query was left out', { skip }, () => {
  // The cap is the workspace's own fact.
  const alerts = readdirSync('infra/alerts').map(file => file.replace('.kql', ''));
  const wanted = alerts.flatMap(alert => factsIn(queryOf(alert)).map(({ event }) => `${alert} ${event}`));
  assert.ok(wanted.length >= 8);
  assert.deepEqual([...shown].toSorted(), wanted.toSorted());
});
