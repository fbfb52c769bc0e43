// Dead letters are read, sent again and thrown away over the genuine client; nothing is done without being asked for.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, beforeEach, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import entities from '../../infra/entities.json' with { type: 'json' };
import { startServiceBus } from '../../local/service-bus/server.ts';
import { listDeadLetters, type Place, places, settleDeadLetters } from '../../tools/dead-letter-queue.ts';
import { impatient, waits } from '../local/service-bus-fixture.ts';

const bus = await startServiceBus({ port: 0, entities: entities.serviceBus });
const dir = await mkdtemp(join(tmpdir(), 'malote-dead-'));
await mkdir(join(dir, '.local'));
await writeFile(join(dir, '.local/stack.json'), JSON.stringify({ serviceBus: bus }));
const connect = () => new ServiceBusClient(bus.connectionString, impatient);
const client = connect();
after(async () => {
  await client.close();
  await bus.close();
  await rm(dir, { recursive: true });
});

const placeOf = (name: string) => places.find(place => place.name === name) as Place;
const platform = placeOf('mail-events/platform');

/** Publishes events, which the platform then gives up. */
async function fail(ids: string[], reason = 'CannotRead'): Promise<void> {
  const sender = client.createSender('mail-events');
  const receiver = client.createReceiver('mail-events', 'platform');
  for (const id of ids) {
    const properties = { type: 'mail.received', serviceId: 's1' };
    await sender.sendMessages({
      body: { id, subject: 'secreto' },
      messageId: id,
      contentType: 'application/cloudevents+json',
      applicationProperties: properties,
    });
    const [message] = await receiver.receiveMessages(1, waits);
    assert.ok(message);
    await receiver.deadLetterMessage(message, {
      deadLetterReason: reason,
      deadLetterErrorDescription: 'why',
    });
  }
  await sender.close();
  await receiver.close();
}

const idsIn = async (place: Place) =>
  (await listDeadLetters(connect, place)).map(({ messageId }) => messageId);

async function run(...words: string[]) {
  const script = resolve(import.meta.dirname, '../../tools/dead-letters.ts');
  const child = spawn(process.execPath, [script, ...words], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complained, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { said, complained, code };
}

beforeEach(async () => {
  await settleDeadLetters(client, platform, 'drop', () => true);
});

test('every queue and subscription of the deployment is known', () => {
  assert.deepEqual(
    places.map(({ name }) => name),
    ['fetch-mailbox', 'send-invitations', 'replay-mails', 'mail-events/platform'],
  );
});

test('they are listed with their reasons, and stay', async () => {
  await fail(['a1', 'a2']);
  const found = await listDeadLetters(connect, platform);
  assert.deepEqual(
    found.map(({ messageId, reason, description }) => [messageId, reason, description]),
    [
      ['a1', 'CannotRead', 'why'],
      ['a2', 'CannotRead', 'why'],
    ],
  );
  assert.deepEqual(await idsIn(platform), ['a1', 'a2']);
});

test('one that is sent again comes as it was, within the day in which the bus drops repeats', async () => {
  await fail(['b1', 'b2']);
  const settled = await settleDeadLetters(client, platform, 'resend', ({ messageId }) => messageId === 'b1');
  assert.deepEqual(
    settled.map(({ messageId }) => messageId),
    ['b1'],
  );
  assert.deepEqual(await idsIn(platform), ['b2'], 'the other stays');
  const receiver = client.createReceiver('mail-events', 'platform', { receiveMode: 'receiveAndDelete' });
  const [message] = await receiver.receiveMessages(1, waits);
  await receiver.close();
  assert.deepEqual(message?.body, { id: 'b1', subject: 'secreto' });
  assert.deepEqual(message?.applicationProperties, { type: 'mail.received', serviceId: 's1' });
  assert.equal(message?.contentType, 'application/cloudevents+json');
});

test('those of a queue go back to their queue', async () => {
  const queue = placeOf('replay-mails');
  const receiver = client.createReceiver('replay-mails');
  await client.createSender('replay-mails').sendMessages({ body: { replayId: 'r1' }, messageId: 'r1' });
  const [message] = await receiver.receiveMessages(1, waits);
  assert.ok(message);
  await receiver.deadLetterMessage(message);
  await settleDeadLetters(client, queue, 'resend', () => true);
  const [again] = await receiver.receiveMessages(1, waits);
  assert.deepEqual(again?.body, { replayId: 'r1' });
  if (again) await receiver.completeMessage(again);
  await receiver.close();
});

test('the command says what it would do, does it when told, and shows no body', async () => {
  await fail(['c1']);
  await fail(['c2'], 'Poison');
  const dry = await run('drop', 'mail-events/platform', '--reason', 'Poison');
  assert.match(dry.said, /c2 .*Poison[\s\S]*Would drop 1; to do it: --apply/);
  assert.deepEqual(await idsIn(platform), ['c1', 'c2']);
  const applied = await run('drop', 'mail-events/platform', '--reason', 'Poison', '--apply');
  assert.match(applied.said, /1 thrown away/, applied.complained);
  const listed = await run('list');
  assert.match(listed.said, /mail-events\/platform: 1\n {2}c1 /);
  assert.ok(!`${dry.said}${applied.said}${listed.said}`.includes('secreto'));
});

test('what it does not understand it refuses, and does nothing', async () => {
  for (const [words, message] of [
    [['purge'], /list, resend and drop/],
    [['list', 'mail-events'], /"mail-events" is none of fetch-mailbox/],
    [['drop'], /Say of which/],
    [['drop', 'replay-mails', '--apply'], /--id MESSAGE-ID, --reason REASON, or --all/],
  ] as const) {
    const { complained, code } = await run(...words);
    assert.match(complained, message);
    assert.equal(code, 2);
  }
});
