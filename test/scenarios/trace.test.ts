// One trace: from the message that asks for a fetch to the event that the platform takes, and from a closed attendance to its answer.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { standardQuestionId } from '../../shared/domain/survey/question.ts';
import { startApplicationInsights } from '../support/application-insights.ts';
import { useMailroom } from '../support/mailroom.ts';
import { signedHeaders } from '../support/signed.ts';
import { until } from '../support/until.ts';

const insights = await startApplicationInsights();
// Spans of our own are told whatever the host is to tell.
const room = await useMailroom({
  environment: { ...insights.environment, OTEL_TRACES_SAMPLER: 'always_off' },
});
after(insights.close);
const { dovecot } = room;
const address = 'maria.teresa@cliente.example';
const subject = 'Assunto sigiloso';
/** Of the survey, which is as good as a password. */
let token: string;
const mail = `From: Maria <${address}>\r\nSubject: ${subject}\r\n\r\nTexto reservado\r\n`;

/** Runs a timer as the host's administrator does. */
const runTimer = async (name: string) => {
  const { status } = await fetch(`${room.worker().url}/admin/functions/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  assert.equal(status, 202);
};
const spansOf = (traceId: string) => insights.spans.filter(span => span.traceId === traceId);
const traceIdOf = (traceParent: string | undefined) => traceParent?.split('-')[1] ?? '';

test('a tick, its fetch and all that came of it are one trace, which the event carries on', {
  skip: dovecot.skip,
}, async () => {
  const mailbox = await dovecot.newMailbox();
  const service = await room.register(mailbox);
  await room.fetch(service);
  await mailbox.deliver('INBOX', mail);
  await runTimer('poll-mailboxes');
  const [event] = await room.received(service, 'mail.received', 1);
  assert.ok(event);
  const traceId = traceIdOf(room.traceParentOf(event));
  await until('the trace to be told', () => spansOf(traceId).some(({ name }) => name === 'fetch-mailbox'));
  const spans = spansOf(traceId);
  const named = (name: string) => spans.find(span => span.name === name);
  for (const name of ['look', 'download', 'parse', 'publish', 'send mail-events'])
    assert.ok(named(name), name);
  // Its parent is the message, which has a trace of its own among the thousands that a tick sends.
  const fetched = named('fetch-mailbox');
  assert.ok(fetched?.parentId);
  assert.equal(fetched.properties.serviceId, service);
  const polled = insights.spans.find(({ name }) => name === 'poll-mailboxes');
  if (polled) assert.notEqual(polled.traceId, traceId);
  assert.equal(named('send mail-events')?.parentId, named('publish')?.id);
  assert.equal(room.traceParentOf(event), `00-${traceId}-${named('send mail-events')?.id}-01`);
  assert.equal(named('parse')?.parentId, named('download')?.id);
});

test('what fails is told, by its code alone', { skip: dovecot.skip }, async () => {
  const mailbox = await dovecot.newMailbox();
  const service = await room.register(mailbox);
  await mailbox.deliver('INBOX', mail);
  room.stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
  assert.equal(await room.fetch(service), 'failed');
  room.stack.serviceBus.faults.clear();
  const failed = await until('the failure to be told', () =>
    insights.spans.find(({ name, success }) => name === 'publish' && !success),
  );
  assert.equal(failed.properties.code, 'dependency_unavailable');
});

test('a closed attendance and its invitation are one trace, which the answer points back to', {
  skip: dovecot.skip,
}, async () => {
  const worker = room.worker();
  const patch = { body: { publicUrl: worker.url }, ifMatch: '*' };
  assert.equal((await room.call('PATCH', '/api/settings', patch)).status, 200);
  const service = await room.register(await dovecot.newMailbox(), { survey: { type: 'standard' } });
  const { json: made } = await room.call('POST', '/api/settings/webhook-secrets');
  const closed = { attendanceId: randomUUID(), serviceId: service, closedAt: new Date().toISOString() };
  const body = JSON.stringify({ ...closed, customer: { address, name: 'Maria Teresa' } });
  const headers = signedHeaders(body, made.secret);
  const response = await fetch(`${worker.url}/api/webhook/attendances/closed`, {
    method: 'POST',
    headers,
    body,
  });
  assert.equal(response.status, 201);
  const { link } = (await response.json()) as { link: string };
  token = link.split('/').at(-1) ?? '';
  const [invited] = await room.received(service, 'survey.invited', 1);
  assert.ok(invited);
  const invitedIn = traceIdOf(room.traceParentOf(invited));
  await until('the call', () => spansOf(invitedIn).some(({ name }) => name === 'attendances-closed'));

  const form = new URLSearchParams({ [`q.${standardQuestionId}`]: '5' });
  const posted = await fetch(link, { method: 'POST', body: form, redirect: 'manual' });
  assert.equal(posted.status, 303);
  const [answered] = await room.received(service, 'survey.answered', 1);
  assert.ok(answered);
  const answeredIn = traceIdOf(room.traceParentOf(answered));
  assert.notEqual(answeredIn, invitedIn);
  const answer = await until('the answer', () =>
    spansOf(answeredIn).find(({ name }) => name === 'record answer'),
  );
  assert.ok(answer.properties['_MS.links']?.includes(invitedIn));
  await until('the page', () => spansOf(answeredIn).some(({ name }) => name === 'survey-answer'));
  assert.ok(worker.facts.some(({ event }) => event === 'survey-answered'));
});

test('nothing personal is told, nor what opens a survey', { skip: dovecot.skip }, async () => {
  await room.worker().stop();
  assert.ok(token.length > 30);
  assert.ok(!JSON.stringify(room.worker().facts).includes(token));
  await until('the figures to be told', () => insights.figures.some(({ name }) => name === 'malote.mails'));
  const told = insights.texts.join('\n');
  assert.ok(told.length > 1_000);
  for (const word of [address, 'maria', subject, 'sigiloso', 'reservado', '@', token]) {
    assert.ok(!told.toLowerCase().includes(word.toLowerCase()), word);
  }
});
