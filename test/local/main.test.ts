// What npm start looks at before it starts anything.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { mailPorts, readPorts } from '../../local/options.ts';
import { makeFolder } from '../examples/local-stack.ts';
import { startProgram } from '../examples/program.ts';

test('all ports that are taken are named at once, each with the option that chooses another', async t => {
  const servers = [createServer(), createServer()];
  t.after(() => {
    for (const server of servers) server.close();
  });
  await Promise.all(servers.map(server => once(server.listen(0, '127.0.0.1'), 'listening')));
  const [app, cosmos] = servers.map(server => (server.address() as AddressInfo).port);
  const words = ['--app-port', `${app}`, '--cosmos-port', `${cosmos}`];
  const program = startProgram('local/main.ts', words, await makeFolder());
  assert.equal(await program.ended, 1);
  assert.ok(program.said.err.includes(`${app} (app), `), program.said.err);
  assert.ok(program.said.err.includes(`${cosmos} (cosmos)`), program.said.err);
  assert.match(program.said.err, /npm start -- --app-port N (--service-bus-port N )?--cosmos-port N/);
  assert.ok(!program.said.out.includes('Service Bus'), 'something was started before');
});

test('what is no port is refused in one line', async () => {
  for (const [words, said] of [
    [['--app-port', '70000'], '--app-port must be a number from 1 to 65535, not "70000"'],
    [['--graph-port', '7071'], '--graph-port 7071 is given to two, and each needs its own'],
    [['--port', '7071'], "Unknown option '--port'"],
  ] as const) {
    const program = startProgram('local/main.ts', [...words], await makeFolder());
    assert.equal(await program.ended, 2);
    assert.equal(program.said.err, `${said}. See: npm start -- --help\n`);
  }
});

test('ports of mail servers that the caller allows stay allowed', () => {
  const ports = readPorts(['--imaps-port', '2993']);
  assert.equal(mailPorts(ports, undefined), '1143,2993,1110,1995');
  assert.equal(mailPorts(ports, '4993,4995'), '1143,2993,1110,1995,4993,4995');
});
