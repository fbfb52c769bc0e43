// Which hosts and ports may be connected to: resolved once, and nothing is told of what is inside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPrivateAddress } from '../../shared/domain/service/host.ts';
import { MaloteError } from '../../shared/errors.ts';
import { resolveHost, vetConnection } from '../../shared/mailboxes/guard.ts';
import { openImap } from '../../shared/mailboxes/imap/session.ts';
import { limitsFor, settingsFor, withPassword } from '../support/imap-subject.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';
import { patience } from '../support/until.ts';

const strict = { allowPlaintext: false, allowPrivateHosts: false, extraPorts: [] };
const at =
  (...addresses: string[]) =>
  async () =>
    addresses.map(address => ({ address }));
const refused = (code: string) => (error: unknown) => error instanceof MaloteError && error.code === code;
const secure = { host: 'mail.example', port: 993, tls: 'implicit' } as const;

test('a name that stands for a private address is refused, in the same words for every address', async () => {
  const messages = new Set<string>();
  for (const address of [
    '10.0.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '::ffff:10.0.0.1',
    '::1',
    'fd00::1',
  ]) {
    await assert.rejects(resolveHost('mail.example', strict, at(address)), (error: MaloteError) => {
      messages.add(`${error.message} ${error.cure}`);
      assert.ok(!error.message.includes(address));
      return error.code === 'host_forbidden';
    });
  }
  assert.equal(messages.size, 1);
  assert.match([...messages].join(), /^The host mail\.example is not on the public internet\./);
});

test('of several addresses a public one is taken, and any where the deployment allows it', async () => {
  const mixed = at('10.0.0.1', '93.184.216.34');
  assert.equal(await resolveHost('mail.example', strict, mixed), '93.184.216.34');
  assert.equal(await resolveHost('mail.example', { allowPrivateHosts: true }, mixed), '10.0.0.1');
});

test('every range that belongs to no public host is private, and its neighbours are not', () => {
  for (const address of [
    ...['0.0.0.0', '10.255.255.255', '100.64.0.1', '127.1.2.3', '168.63.129.16', '169.254.0.1', '172.31.0.1'],
    ...['192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.19.0.1', '198.51.100.1', '203.0.113.9'],
    ...['224.0.0.1', '255.255.255.255', '::', '::1', '::10.0.0.1', '::ffff:192.168.0.1', '64:ff9b::a00:1'],
    ...['2001::1', '2002:a00:1::', '2001:db8::1', 'fc00::1', 'fdff::1', 'fe80::1', 'fec0::1', 'ff02::1'],
  ]) {
    assert.equal(isPrivateAddress(address), true, address);
  }
  for (const address of [
    '9.255.255.255',
    '100.128.0.1',
    '168.63.129.17',
    '172.32.0.1',
    '1.1.1.1',
    '2606:4700::1',
  ]) {
    assert.equal(isPrivateAddress(address), false, address);
  }
});

test('ports and plaintext are checked again when connecting, by what the deployment allows now', async () => {
  const lookup = at('93.184.216.34');
  assert.equal(await vetConnection(secure, strict, lookup), '93.184.216.34');
  await assert.rejects(vetConnection({ ...secure, port: 25 }, strict, lookup), refused('host_forbidden'));
  assert.ok(await vetConnection({ ...secure, port: 1993 }, { ...strict, extraPorts: [1993] }, lookup));
  await assert.rejects(vetConnection({ ...secure, tls: 'none' }, strict, lookup), refused('host_forbidden'));
  assert.ok(await vetConnection({ ...secure, tls: 'none' }, { ...strict, allowPlaintext: true }, lookup));
});

test('a forbidden connection is not even resolved', async () => {
  let asked = 0;
  const lookup = async () => {
    asked += 1;
    return [];
  };
  await assert.rejects(vetConnection({ ...secure, port: 25 }, strict, lookup));
  assert.equal(asked, 0);
});

test('the name is asked for once, and the connection goes to the address that was vetted', async () => {
  const answers = [[{ address: '93.184.216.34' }], [{ address: '127.0.0.1' }]];
  let asked = 0;
  // A name that changes its mind, as one does to get past a check.
  const lookup = async () => answers[asked++] ?? [];
  assert.equal(await resolveHost('rebind.example', strict, lookup), '93.184.216.34');
  assert.equal(asked, 1);
});

test('a reader sends nothing to a host that became forbidden after it was registered', async () => {
  const server = await startScriptedImap({});
  const target = {
    mailbox: settingsFor(server.port, { host: 'localhost' }),
    credential: withPassword('secret'),
  };
  const open = (limits: ReturnType<typeof limitsFor>) => openImap(target, limits, patience());
  await assert.rejects(
    open({ ...limitsFor(server.port), allowPrivateHosts: false }),
    refused('host_forbidden'),
  );
  await assert.rejects(open(limitsFor()), refused('host_forbidden'));
  await assert.rejects(open({ ...limitsFor(server.port), allowPlaintext: false }), refused('host_forbidden'));
  assert.deepEqual(server.commands, []);
  await (await open(limitsFor(server.port))).close();
});
