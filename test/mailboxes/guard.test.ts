// Which hosts and ports may be connected to: resolved once, and nothing is told of what is inside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalHost, isPrivateAddress } from '../../shared/domain/service/host.ts';
import { MaloteError } from '../../shared/errors.ts';
import { resolveHost, vetConnection } from '../../shared/mailboxes/guard.ts';
import { openImap } from '../../shared/mailboxes/imap/session.ts';
import { clock } from '../support/clock.ts';
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

test('a name of a private address is refused as one that is not there: in the same words, and no sooner', async () => {
  const answers = new Set<string>();
  const missing = async () => {
    throw Object.assign(new Error('getaddrinfo ENOTFOUND mail.example'), { code: 'ENOTFOUND' });
  };
  const inside = [
    '10.0.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '::ffff:10.0.0.1',
    '::1',
    'fd00::1',
  ];
  const lookups = [missing, at(), ...[...inside, 'fe80::1%eth0'].map(address => at(address))];
  const started = performance.now();
  await Promise.all(
    lookups.map(async lookup => {
      await assert.rejects(resolveHost('mail.example', strict, lookup), (error: MaloteError) => {
        answers.add(JSON.stringify([error.code, error.message, error.cure, error.cause]));
        assert.ok(performance.now() - started >= 499, 'a name that is there takes no other time');
        return true;
      });
    }),
  );
  assert.equal(answers.size, 1, [...answers].join());
  assert.match(
    [...answers].join(),
    /"host_unknown","The host mail\.example cannot be found on the public internet\./,
  );
});

test('what is private as it is written is refused without asking, and told why', async () => {
  const lookup = async () => assert.fail('It was looked up');
  for (const host of ['10.0.0.1', '::1', 'localhost', 'mail.localhost']) {
    await assert.rejects(resolveHost(host, strict, lookup), refused('host_forbidden'));
  }
});

test('of several addresses a public one is taken, and any where the deployment allows it', async () => {
  const mixed = at('10.0.0.1', '93.184.216.34');
  assert.equal(await resolveHost('mail.example', strict, mixed), '93.184.216.34');
  assert.equal(await resolveHost('mail.example', { allowPrivateHosts: true }, mixed), '10.0.0.1');
});

// Of each block of IANA's special-purpose registries (as of November 2026) its first and its last address.
for (const [block, first, last] of [
  // https://www.iana.org/assignments/iana-ipv4-special-registry
  ['0.0.0.0/8', '0.0.0.0', '0.255.255.255'],
  ['10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
  ['100.64.0.0/10', '100.64.0.0', '100.127.255.255'],
  ['127.0.0.0/8', '127.0.0.0', '127.255.255.255'],
  ['169.254.0.0/16', '169.254.0.0', '169.254.255.255'],
  ['172.16.0.0/12', '172.16.0.0', '172.31.255.255'],
  ['192.0.0.0/24', '192.0.0.0', '192.0.0.255'],
  ['192.0.2.0/24', '192.0.2.0', '192.0.2.255'],
  ['192.31.196.0/24', '192.31.196.0', '192.31.196.255'],
  ['192.52.193.0/24', '192.52.193.0', '192.52.193.255'],
  ['192.88.99.0/24', '192.88.99.0', '192.88.99.255'],
  ['192.168.0.0/16', '192.168.0.0', '192.168.255.255'],
  ['192.175.48.0/24', '192.175.48.0', '192.175.48.255'],
  ['198.18.0.0/15', '198.18.0.0', '198.19.255.255'],
  ['198.51.100.0/24', '198.51.100.0', '198.51.100.255'],
  ['203.0.113.0/24', '203.0.113.0', '203.0.113.255'],
  ['240.0.0.0/4', '240.0.0.0', '255.255.255.255'],
  ['multicast (RFC 5771)', '224.0.0.0', '239.255.255.255'],
  ['the platform of Azure', '168.63.129.16', '168.63.129.16'],
  // https://www.iana.org/assignments/iana-ipv6-special-registry
  ['::/128 and ::1/128', '::', '::1'],
  ['::ffff:0:0/96', '::ffff:0:0', '::ffff:255.255.255.255'],
  ['64:ff9b::/96', '64:ff9b::', '64:ff9b::ffff:ffff'],
  ['64:ff9b:1::/48', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['100::/64', '100::', '100::ffff:ffff:ffff:ffff'],
  ['100:0:0:1::/64', '100:0:0:1::', '100:0:0:1:ffff:ffff:ffff:ffff'],
  ['2001::/23', '2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001::/32', '2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:1::1/128 to 2001:1::3/128', '2001:1::1', '2001:1::3'],
  ['2001:2::/48', '2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff'],
  ['2001:3::/32', '2001:3::', '2001:3:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:4:112::/48', '2001:4:112::', '2001:4:112:ffff:ffff:ffff:ffff:ffff'],
  ['2001:10::/28', '2001:10::', '2001:1f:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:20::/28', '2001:20::', '2001:2f:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:30::/28', '2001:30::', '2001:3f:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db8::/32', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2002::/16', '2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2620:4f:8000::/48', '2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff'],
  ['3fff::/20', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['5f00::/16', '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fc00::/7', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::/10', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  // Other forms of addresses, and what was given to nobody or taken back.
  ['IPv4-compatible (RFC 4291 2.5.5.1)', '::10.0.0.1', '::ffff:ffff'],
  ['IPv4-translated (RFC 6145)', '::ffff:0:10.0.0.1', '::ffff:0:ffff:ffff'],
  ['site-local (RFC 3879)', 'fec0::', 'feff::1'],
  ['multicast (RFC 4291 2.7)', 'ff00::', 'ff02::1'],
  ['not assigned', '4000::', 'fbff::1'],
  ['with a zone', 'fe80::1%eth0', '2606:4700::1%1'],
] as const) {
  test(`no mail server is within ${block}`, () => {
    for (const address of [first, last]) assert.equal(isPrivateAddress(address), true, address);
  });
}

test('the neighbours of these are public', () => {
  for (const address of [
    ...[
      '9.255.255.255',
      '11.0.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '126.255.255.255',
      '128.0.0.0',
      '168.63.129.17',
    ],
    ...[
      '172.15.255.255',
      '172.32.0.0',
      '192.0.1.0',
      '192.0.3.0',
      '198.17.255.255',
      '198.20.0.0',
      '223.255.255.255',
    ],
    ...['1.1.1.1', '2000::1', '2001:200::1', '2001:db7::1', '2001:db9::1', '2003::1', '2606:4700::1'],
    ...['2620:4f:8001::1', '3ffe::1', '3fff:1000::1'],
  ]) {
    assert.equal(isPrivateAddress(address), false, address);
  }
});

test('a host is an address or a name, and nothing that is both or neither', () => {
  for (const [host, canonical] of [
    ['fe80::1%eth0', undefined],
    ['fe80::1%25eth0', undefined],
    ['::1%', undefined],
    ['mail.example%00', undefined],
    ['[::1]', undefined],
    ['1::2::3', undefined],
    ['mail.example:993', undefined],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['127.1', '127.0.0.1'],
    ['Mail.Example.', 'mail.example'],
  ] as const) {
    assert.equal(canonicalHost(host), canonical, host);
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
    clock,
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
