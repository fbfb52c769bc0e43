// What the genuine client reaches only by luck or never, asked with bare AMQP.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, test } from 'node:test';
import { createSasTokenProvider } from '@azure/core-amqp';
import rhea, { type Connection, type EventContext, type Receiver } from 'rhea';
import { type Bus, openBus } from './service-bus-fixture.ts';

let bus: Bus;
let connection: Connection;

beforeEach(async () => {
  bus = await openBus({ queues: [{ name: 'work' }] });
  connection = rhea
    .create_container()
    .connect({ host: '127.0.0.1', port: bus.server.port, reconnect: false });
  await once(connection, 'connection_open');
});

afterEach(async () => {
  const closed = once(connection, 'connection_close');
  connection.close();
  await closed;
  await bus.close();
});

/** Presents the token of the connection string, as the client does before each link. */
async function authorize(): Promise<void> {
  const { SharedAccessKeyName = '', SharedAccessKey = '' } = Object.fromEntries(
    bus.server.connectionString.split(';').map(part => part.split(/=(.*)/)),
  );
  const provider = createSasTokenProvider({
    sharedAccessKeyName: SharedAccessKeyName,
    sharedAccessKey: SharedAccessKey,
  });
  const { token } = await provider.getToken('sb://127.0.0.1/work');
  const replies = connection.open_receiver({
    source: '$cbs',
    target: { address: 'replies' },
    name: 'replies',
  });
  const sender = connection.open_sender('$cbs');
  await once(sender, 'sendable');
  sender.send({
    message_id: '1',
    reply_to: 'replies',
    body: token,
    application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: 'work' },
  });
  const [{ message }] = (await once(replies, 'message')) as [EventContext];
  assert.equal(message?.application_properties?.['status-code'], 202);
}

async function errorOf(receiver: Receiver): Promise<string | undefined> {
  await once(receiver, 'receiver_error');
  return (receiver.error as { condition?: string }).condition;
}

test('a link without a token before it is refused', async () => {
  assert.equal(await errorOf(connection.open_receiver('work')), 'amqp:unauthorized-access');
});

test('a drain is answered although a message has just used the last credit', async () => {
  await bus.client.createSender('work').sendMessages({ body: 1 });
  await authorize();
  const receiver = connection.open_receiver({ source: 'work', credit_window: 0 });
  await once(receiver, 'receiver_open');
  const message = once(receiver, 'message');
  const drained = once(receiver, 'receiver_drained');
  receiver.add_credit(1);
  receiver.drain_credit();
  await message;
  await drained;
});

test('more credit than messages is given back by a drain, and later credit counts anew', async () => {
  await authorize();
  const receiver = connection.open_receiver({ source: 'work', credit_window: 0 });
  await once(receiver, 'receiver_open');
  const drained = once(receiver, 'receiver_drained');
  receiver.add_credit(10);
  receiver.drain_credit();
  await drained;
  await bus.client.createSender('work').sendMessages([{ body: 1 }, { body: 2 }]);
  receiver.drain = false;
  const bodies: string[] = [];
  receiver.on('message', ({ message }: EventContext) => bodies.push(message?.body.content.toString()));
  const first = once(receiver, 'message');
  receiver.add_credit(1);
  await first;
  assert.deepEqual(bodies, ['1'], 'one credit, one message');
});
