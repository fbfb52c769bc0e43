// A worker that dies between any two steps of recording an answer: the customer posts again, and there is one answer and one event.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { startStack } from '../../local/stack.ts';
import type { MaloteEvent } from '../../schemas/events.d.ts';
import { createInvitation, findInvitation } from '../../shared/azure/surveys-store.ts';
import { closeClients, getClients } from '../../shared/clients.ts';
import type { Invitation } from '../../shared/domain/survey/invitation.ts';
import { followUpLeft } from '../../shared/flows/surveys/follow-up.ts';
import { tokenOf } from '../../shared/flows/surveys/links.ts';
import { createLog } from '../../shared/log.ts';
import { invitation } from '../support/invitation.ts';
import { inDays } from '../support/survey-visitor.ts';
import { until } from '../support/until.ts';
import { sharedAzuritePort } from '../support/whole-run.ts';
import { startWorker } from '../support/worker.ts';

const dir = await mkdtemp(join(tmpdir(), 'malote-survey-'));
const stack = await startStack({
  dir,
  ports: { serviceBus: 0, cosmos: 0, blob: 0, entra: 0, graph: 0 },
  tlsDir: resolve(import.meta.dirname, '../../.local/tls'),
  inMemory: true,
  azuritePort: sharedAzuritePort(),
});
let worker = await startWorker(stack.environment);
Object.assign(process.env, stack.environment);
const clients = await getClients();
const { surveys } = clients.database;
const bus = new ServiceBusClient(stack.serviceBus.connectionString);
const events: MaloteEvent[] = [];
bus.createReceiver('mail-events', 'platform', { receiveMode: 'receiveAndDelete' }).subscribe({
  processMessage: async ({ body }) => void events.push(body),
  processError: async () => {},
});
after(async () => {
  await worker.stop();
  await closeClients();
  await bus.close();
  await stack.close();
  await rm(dir, { recursive: true });
});
const held: (() => void)[] = [];
afterEach(clearFaults);

function clearFaults(): void {
  stack.cosmos.faults.clear();
  stack.serviceBus.faults.clear();
  for (const release of held.splice(0)) release();
}

/** Holds the next operation of a stand-in until it is released, or the test is over; its fault is gone once it has begun. */
function hold(at: 'cosmos' | 'serviceBus', on: string): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  held.push(resolve);
  stack[at].faults.add({ on, action: 'delay', until: promise, times: 1 });
  return () => {
    stack[at].faults.clear();
    resolve();
  };
}

const eventsOf = ({ invitationId }: Invitation) => events.filter(({ id }) => id.startsWith(invitationId));
const kept = async ({ invitationId }: Invitation) =>
  (await findInvitation(surveys, invitationId))?.value as Invitation;

const points: [where: string, reach: (asked: Invitation) => Promise<unknown>][] = [
  [
    'before the answer is written',
    () => {
      hold('cosmos', 'batch surveys');
      return until('the write to be held', () => stack.cosmos.faults.list().length === 0);
    },
  ],
  [
    'once it is written, before the platform is told',
    asked => {
      hold('serviceBus', 'send mail-events');
      return until('the answer', async () => (await kept(asked)).answer !== null);
    },
  ],
  [
    'once the platform is told, before that is noted',
    async asked => {
      const release = hold('serviceBus', 'send mail-events');
      await until('the answer', async () => (await kept(asked)).answer !== null);
      hold('cosmos', 'batch surveys');
      release();
      return until('the event', () => eventsOf(asked).length > 0);
    },
  ],
];

for (const [where, reach] of points) {
  test(`a worker killed ${where}`, async () => {
    const { secretKeys } = clients.config;
    const [{ id: keyId } = { id: '' }] = secretKeys;
    const asked = invitation({ attendanceId: randomUUID(), keyId, expiresAt: inDays(1) });
    await createInvitation(surveys, asked);
    const post = async () => {
      const body = new URLSearchParams({ 'q.satisfaction': '4' });
      const address = `${worker.url}/s/${tokenOf(secretKeys, asked)}`;
      return (await fetch(address, { method: 'POST', body, redirect: 'manual' })).status;
    };
    const reached = reach(asked);
    const lost = post().catch(() => 'lost');
    await reached;
    await worker.kill();
    assert.equal(await lost, 'lost');
    clearFaults();
    worker = await startWorker(stack.environment);
    assert.equal(await post(), 303);
    // What the killed one left is taken up by the timer, a minute later.
    const log = createLog(() => {});
    await followUpLeft(clients, { clock: () => new Date(Date.now() + 120_000), log });
    await until('the event', () => eventsOf(asked).length > 0);
    const { answer, untold } = await kept(asked);
    assert.deepEqual([answer?.changes, answer?.answers[0]?.value, untold], [0, 4, undefined]);
    const told = eventsOf(asked).map(({ id, type }) => [id, type]);
    assert.deepEqual(told, [[`${asked.invitationId}:answered`, 'survey.answered']]);
  });
}
