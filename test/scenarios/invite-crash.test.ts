// A worker that dies between any two steps of the webhook: the platform calls again, and there is one invitation and one event.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ServiceBusClient } from '@azure/service-bus';
import type { Fault } from '../../local/faults.ts';
import { startStack } from '../../local/stack.ts';
import type { MaloteEvent } from '../../schemas/events.d.ts';
import { findAsked } from '../../shared/azure/people-store.ts';
import { findInvitation } from '../../shared/azure/surveys-store.ts';
import { closeClients, getClients } from '../../shared/clients.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { type InvitationId, invitationIdOf } from '../../shared/domain/survey/invitation.ts';
import { surveyAddressHash } from '../../shared/flows/surveys/address-hash.ts';
import { followUpLeft } from '../../shared/flows/surveys/follow-up.ts';
import { createLog } from '../../shared/log.ts';
import { serviceNamed } from '../http/api.ts';
import { signedHeaders } from '../support/signed.ts';
import { until } from '../support/until.ts';
import { sharedAzuritePort } from '../support/whole-run.ts';
import { startWorker } from '../support/worker.ts';

const dir = await mkdtemp(join(tmpdir(), 'malote-invite-'));
const stack = await startStack({
  dir,
  ports: { serviceBus: 0, cosmos: 0, blob: 0, entra: 0, graph: 0 },
  tlsDir: resolve(import.meta.dirname, '../../.local/tls'),
  inMemory: true,
  azuritePort: sharedAzuritePort(),
});
Object.assign(process.env, stack.environment);
// As NODE_EXTRA_CA_CERTS would, but for a process that has started already.
setDefaultCACertificates([...getCACertificates('default'), stack.authority.caPem]);
const environment = { ...stack.environment, 'AzureWebJobs.follow-up-surveys.Disabled': 'true' };
let worker = await startWorker(environment);
const bus = new ServiceBusClient(stack.serviceBus.connectionString);
const events: MaloteEvent[] = [];
bus.createReceiver('mail-events', 'platform', { receiveMode: 'receiveAndDelete' }).subscribe({
  processMessage: async ({ body }) => void events.push(body),
  processError: async () => {},
});
after(async () => {
  await worker.stop();
  await bus.close();
  await closeClients();
  await stack.close();
  await rm(dir, { recursive: true });
});

let secret = '';
let serviceId = '';

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(worker.url + path, {
    method,
    headers: {
      authorization: `Bearer ${await stack.entra.token('Admin')}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const etag = response.headers.get('etag') ?? '';
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  return { status: response.status, etag, json: (await response.json()) as any };
}

async function close(attendanceId: string) {
  const customer = { address: `${attendanceId}@exemplo.com.br` };
  const body = JSON.stringify({ attendanceId, serviceId, customer, closedAt: '2026-03-02T18:00:00Z' });
  const response = await fetch(`${worker.url}/api/webhook/attendances/closed`, {
    method: 'POST',
    headers: signedHeaders(body, secret),
    body,
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  return { status: response.status, json: (await response.json()) as any };
}

before(async () => {
  const { etag } = await call('GET', '/api/settings');
  await call('PATCH', '/api/settings', { publicUrl: 'https://pesquisa.example' }, { 'if-match': etag });
  await call('PUT', '/api/groups/vendas', { name: 'Vendas' });
  secret = (await call('POST', '/api/settings/webhook-secrets')).json.secret;
  // Whoever was asked is left alone: so a repeat must not take its own trace for another's.
  const survey = { type: 'standard', askAgainAfterDays: 30 };
  serviceId = (
    await call('POST', '/api/services', { ...serviceNamed('SAC', 'vendas'), survey, active: false })
  ).json.id;
  assert.ok(secret && serviceId);
  // The key of hashes is made with the first: what is shown below are the writes of every call after it.
  assert.equal((await close('A-0')).status, 201);
});

const kept = async (id: InvitationId) => {
  const found = await findInvitation((await getClients()).database.surveys, id);
  assert.ok(found?.value.kind === 'invitation');
  return found.value;
};
const invited = (attendanceId: string) =>
  events.filter(({ id }) => id === `${invitationIdOf(attendanceId)}:invited`);

const steps: [name: string, at: 'cosmos' | 'serviceBus', on: string, skip: number][] = [
  ['before it notes the customer as asked', 'cosmos', 'create surveys', 0],
  ['when it has, before it writes the invitation', 'cosmos', 'batch surveys', 0],
  ['when it is written, before the event is sent', 'serviceBus', 'send mail-events', 0],
  ['when it is sent, before that is noted', 'cosmos', 'batch surveys', 1],
];

describe('a worker killed', () => {
  for (const [index, [name, at, on, skip]] of steps.entries()) {
    test(name, async () => {
      const attendanceId = `A-${index + 1}`;
      const faults = stack[at].faults;
      const released = Promise.withResolvers<void>();
      const rule: Fault = { on, action: 'delay', until: released.promise, times: 1 };
      // What goes before is let through.
      for (let n = 0; n < skip; n += 1) faults.add({ on, action: 'delay', delayMs: 0, times: 1 });
      faults.add(rule);
      const lost = close(attendanceId).catch(() => undefined);
      await until('the step to be reached', () => faults.list().length === 0);
      await worker.kill();
      assert.equal(await lost, undefined);
      released.resolve();
      worker = await startWorker(environment);

      const again = await close(attendanceId);
      assert.ok([200, 201].includes(again.status), JSON.stringify(again.json));
      assert.deepEqual([again.json.state, again.json.suppressed], ['open', null]);
      const clock = () => new Date(Date.now() + 120_000);
      await until('what must follow to have come', async () => {
        await followUpLeft(await getClients(), { clock, log: createLog(() => {}) });
        return (await kept(again.json.invitationId)).untold === undefined;
      });
      await until('the event', () => invited(attendanceId).length > 0);
      assert.equal((await close(attendanceId)).json.link, again.json.link);
      // What is repeated has the same id, by which the bus drops it, or else the platform.
      assert.equal(new Set(invited(attendanceId).map(({ id }) => id)).size, 1);
      const hash = await surveyAddressHash(await getClients(), `${attendanceId}@exemplo.com.br`);
      const asked = await findAsked((await getClients()).database.surveys, hash, serviceId as ServiceId);
      assert.equal(asked?.value.invitationId, again.json.invitationId);
    });
  }
});

test('answers of the database that are lost make no second invitation', async () => {
  for (const on of ['create surveys', 'batch surveys']) {
    stack.cosmos.faults.add({ on, action: 'dropAfter', times: 1 });
  }
  const { status, json } = await close('A-lost');
  assert.deepEqual([status, json.state], [201, 'open']);
  await until('the event', () => invited('A-lost').length > 0);
});

test('with the bus away the customer is invited all the same, and the platform hears of it later', async () => {
  stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
  const { status, json } = await close('A-away');
  assert.equal(status, 201);
  assert.equal((await kept(json.invitationId)).untold?.length, 1);
  stack.serviceBus.faults.clear();
  const clock = () => new Date(Date.now() + 120_000);
  await until('the event', async () => {
    await followUpLeft(await getClients(), { clock, log: createLog(() => {}) });
    return invited('A-away').length > 0;
  });
});
