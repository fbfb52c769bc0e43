// npm run events: follows what is published, and takes nothing from the platform.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBus } from '../../local/service-bus/server.ts';
import { type Bus, openBus } from '../../shared/azure/bus.ts';
import { mailReceived } from '../../shared/domain/event/mail.ts';
import type { MailKey } from '../../shared/domain/ids.ts';
import { mailFacts, mailKey, testEvent } from '../domain/event/facts.ts';
import { makeFolder, startStackBus } from './local-stack.ts';
import { startProgram } from './program.ts';

describe('npm run events', () => {
  let broker: ServiceBus;
  let bus: Bus;
  let folder: string;

  before(async () => {
    broker = await startStackBus();
    bus = await openBus(broker);
    folder = await makeFolder({ serviceBus: { connectionString: broker.connectionString } });
  });

  after(async () => {
    await bus.close();
    await broker.close();
  });

  it('prints a line per event and ends with Ctrl-C', async t => {
    const program = startProgram('local/events.ts', [], folder);
    t.after(program.kill);
    await bus.sendEvents([mailReceived(mailFacts()), testEvent('t1')]);
    await program.says('test');
    assert.match(
      program.said.out,
      new RegExp(`mail.received +${mailKey} +"Pedido 42" · ana@example.com · 1 att`),
    );
    assert.equal(await program.interrupt(), 0);
    assert.equal(program.said.err, '');
  });

  it('prints whole events of one type when asked to', async t => {
    const program = startProgram('local/events.ts', ['--json', '--type', 'mail.received'], folder);
    t.after(program.kill);
    const other = mailReceived(mailFacts({}, { mailKey: 'sac.2' as MailKey }));
    await bus.sendEvents([testEvent('t2'), other]);
    await program.says('\n');
    assert.deepEqual(JSON.parse(program.said.out), JSON.parse(JSON.stringify(other.event)));
    await program.interrupt();
  });

  it('leaves the platform every event', async () => {
    const client = new ServiceBusClient(broker.connectionString);
    const waiting = await client.createReceiver('mail-events', 'platform').peekMessages(10);
    assert.deepEqual(
      waiting.map(({ messageId }) => messageId),
      [mailKey, 't1', 't2', 'sac.2'],
    );
    await client.close();
  });

  it('says that no stack is running where none is', async () => {
    const program = startProgram('local/events.ts', [], await makeFolder());
    assert.equal(await program.ended, 1);
    assert.match(program.said.err, /not running here. Start it with: npm start/);
  });

  it('says so too when a stack has left its file behind', async () => {
    const gone = await startStackBus();
    await gone.close();
    const stack = { serviceBus: { connectionString: gone.connectionString } };
    const program = startProgram('local/events.ts', [], await makeFolder(stack));
    assert.equal(await program.ended, 1);
    assert.match(program.said.err, /^The local stack is not running here[^\n]*\n$/);
  });

  it('explains itself, and refuses what it does not know', async () => {
    const helped = startProgram('local/events.ts', ['--help'], folder);
    assert.equal(await helped.ended, 0);
    assert.match(helped.said.out, /--type TYPE/);
    for (const [words, said] of [
      [['--from'], "Unknown option '--from'"],
      [['--type', 'foo'], '--type "foo" is none of mail.discarded, mail.held, mail.received, '],
      [['mail.held'], "Unexpected argument 'mail.held'"],
    ] as const) {
      const confused = startProgram('local/events.ts', [...words], folder);
      assert.equal(await confused.ended, 2);
      assert.ok(confused.said.err.startsWith(said), confused.said.err);
      assert.match(confused.said.err, /^[^\n]*See: npm run events -- --help\n$/);
    }
  });
});
