// AMQP clients that are not Azure's log in by SASL PLAIN, with the name of the key and the key, and need no $cbs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import rhea, { type Connection, type EventContext } from 'rhea';
import { openBus } from './service-bus-fixture.ts';

const bus = await openBus({
  queues: [{ name: 'work' }],
  topics: [{ name: 'events', subscriptions: [{ name: 'platform' }] }],
});
after(bus.close);

/** As the connection string has them. */
const { SharedAccessKeyName: username = '', SharedAccessKey: password = '' } = Object.fromEntries(
  bus.server.connectionString.split(';').map(part => part.split(/=(.*)/)),
);

function connect(login: { username: string; password?: string }): Connection {
  const { port } = bus.server;
  const container = rhea.create_container();
  container.on('disconnected', () => {});
  return container.connect({ host: '127.0.0.1', port, reconnect: false, ...login });
}

async function closed(connection: Connection): Promise<void> {
  connection.close();
  await once(connection, 'connection_close');
}

test('the name of the key and the key open every entity', async () => {
  const connection = connect({ username, password });
  const sender = connection.open_sender('events');
  await once(sender, 'sendable');
  sender.send({ message_id: '1', body: rhea.message.data_section(Buffer.from('{"type":"mail.received"}')) });
  await once(sender, 'accepted');
  const receiver = connection.open_receiver('events/Subscriptions/platform');
  const [{ message }] = (await once(receiver, 'message')) as [EventContext];
  assert.equal(message?.body.content.toString(), '{"type":"mail.received"}');
  await closed(connection);
});

test('what Azure’s own client sent is JSON in a data section', async () => {
  await bus.client.createSender('work').sendMessages({ body: { id: 'sac.1' } });
  const connection = connect({ username, password });
  const [{ message }] = (await once(connection.open_receiver('work'), 'message')) as [EventContext];
  assert.deepEqual(JSON.parse(message?.body.content.toString()), { id: 'sac.1' });
  await closed(connection);
});

for (const [what, wrong] of [
  ['another key', { username, password: 'another' }],
  ['another name', { username: 'other', password }],
] as const) {
  test(`${what} is refused`, async () => {
    const connection = connect(wrong);
    const opened = once(connection, 'connection_open').then(() => assert.fail('it was let in'));
    // 1: the login was not good (AMQP 1.0 5.3.3.6).
    const refused = once(connection, 'connection_error').then(([{ error }]) =>
      String(error.message ?? error),
    );
    assert.match(await Promise.race([refused, opened]), /Failed to authenticate: 1/);
  });
}

test('the name alone opens nothing', async () => {
  const connection = connect({ username });
  const receiver = connection.open_receiver('work');
  await once(receiver, 'receiver_error');
  assert.equal((receiver.error as { condition?: string }).condition, 'amqp:unauthorized-access');
  await closed(connection);
});
