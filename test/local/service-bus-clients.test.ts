// What Azure's clients for .NET and Python do otherwise than the one for JavaScript, as they were seen to do on the wire.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { after, test } from 'node:test';
import rhea, { type Connection, type ConnectionOptions, type EventContext } from 'rhea';
import { openBus } from './service-bus-fixture.ts';

const bus = await openBus({
  queues: [{ name: 'work' }],
  topics: [{ name: 'events', subscriptions: [{ name: 'platform' }] }],
});
after(bus.close);

const { SharedAccessKeyName: name = '', SharedAccessKey: key = '' } = Object.fromEntries(
  bus.server.connectionString.split(';').map(part => part.split(/=(.*)/)),
);

/** They know no other mechanism than MSSBCBS, which begins without a name. */
async function connect(): Promise<Connection> {
  const container = rhea.create_container();
  container.on('disconnected', () => {});
  const begin = {
    start: (callback: (error: undefined, response: string) => void) => callback(undefined, ''),
  };
  const { port } = bus.server;
  // rhea takes them, and its types do not know.
  const mechanisms = { sasl_mechanisms: { MSSBCBS: () => begin } } as unknown as ConnectionOptions;
  const connection = container.connect({ host: '127.0.0.1', port, reconnect: false, ...mechanisms });
  await once(connection, 'connection_open');
  return connection;
}

function token(): string {
  const resource = encodeURIComponent('sb://localhost/events');
  const expiry = Math.ceil(Date.now() / 1000) + 60;
  const signature = createHmac('sha256', key).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${name}`;
}

/** Python's names nobody to reply to, and wants its own end of the link told in the answer. */
async function logIn(connection: Connection): Promise<number> {
  const answers = connection.open_receiver({ source: '$cbs', target: '$cbs' });
  const requests = connection.open_sender({ source: '$cbs', target: '$cbs' });
  await once(requests, 'sendable');
  assert.equal(requests.source?.address, '$cbs');
  const properties = {
    operation: 'put-token',
    type: 'servicebus.windows.net:sastoken',
    name: 'sb://localhost',
  };
  requests.send({ message_id: 1, application_properties: properties, body: token() });
  const [{ message }] = (await once(answers, 'message')) as [EventContext];
  assert.equal(message?.correlation_id, 1);
  return message?.application_properties?.['status-code'];
}

for (const [client, address] of [
  ['.NET', '/events/Subscriptions/platform'],
  ['Python', 'amqps://localhost/events/Subscriptions/platform'],
] as const) {
  test(`a token opens what the client for ${client} calls ${address}`, async () => {
    await bus.client.createSender('events').sendMessages({ body: { id: client }, messageId: client });
    const connection = await connect();
    assert.equal(await logIn(connection), 202);
    const [{ message }] = (await once(connection.open_receiver(address), 'message')) as [EventContext];
    assert.deepEqual(JSON.parse(message?.body.content.toString()), { id: client });
    connection.close();
    await once(connection, 'connection_close');
  });
}

test('without a token nothing is opened', async () => {
  const connection = await connect();
  const receiver = connection.open_receiver('/events/Subscriptions/platform');
  await once(receiver, 'receiver_error');
  assert.equal((receiver.error as { condition?: string }).condition, 'amqp:unauthorized-access');
  connection.close();
  await once(connection, 'connection_close');
});
