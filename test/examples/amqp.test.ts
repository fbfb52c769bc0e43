// The recipe for AMQP clients that are not Azure's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { makeFolder, startStackBus } from './local-stack.ts';
import { startProgram } from './program.ts';

test('an event is taken by plain AMQP, and completed', async t => {
  const broker = await startStackBus();
  const client = new ServiceBusClient(broker.connectionString);
  t.after(async () => {
    await client.close();
    await broker.close();
  });
  await client.createSender('mail-events').sendMessages({ body: { id: 'sac.1' }, messageId: 'sac.1' });
  const settings = { SERVICE_BUS: broker.connectionString };
  const program = startProgram('examples/amqp/receive.ts', [], await makeFolder(), settings);
  assert.equal(await program.ended, 0, program.said.err);
  assert.deepEqual(JSON.parse(program.said.out), { id: 'sac.1' });
  assert.deepEqual(await client.createReceiver('mail-events', 'platform').peekMessages(1), []);
});
