// What is left of the words of others before they are quoted: what helps, and nothing that they were shown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Proof } from '../../shared/mailboxes/proof.ts';
import { quoted } from '../../shared/mailboxes/quoted.ts';

const login = 'ana@empresa.com.br';
const password = (password: string): Proof => ({ type: 'password', password });
const base64 = (text: string) => Buffer.from(text).toString('base64');
const jwt = `${base64('{"alg":"RS256","typ":"JWT"}').replaceAll('=', '')}.${'Q2xhaW1z'.repeat(30)}.${'c2ln'.repeat(20)}`;

// Of each, a secret and the words of a server in which nothing of it may be left, however it is written there.
for (const [secret, said] of [
  // The command as it was sent, whole or cut.
  ['senha-1', 'BAD Unknown command: LOGIN ana senha-1'],
  ['senha-1', 'bad unknown command: LOGIN ANA SENHA-1'],
  ['se"nh\\a', 'BAD LOGIN ana "se\\"nh\\\\a"'],
  ['se"nh\\a', 'BAD LOGIN ana se"nh\\a'],
  ['senha-1', 'BAD LOGIN {3} ana {7} senha-1'],
  ['abcd efgh ijkl mnop', '-ERR PASS abcdefghijklmnop is wrong'],
  ['abcd efgh ijkl mnop', 'BAD unexpected argument "efgh"'],
  // SASL: PLAIN (of 20 characters, and longer), LOGIN, CRAM-MD5, XOAUTH2.
  ['s3nha', `NO AUTHENTICATE PLAIN ${base64('\0ana\0s3nha')}`],
  ['s3nha', `NO AUTHENTICATE PLAIN ${base64('\0ana\0s3nha').replaceAll('=', '')} is refused`],
  ['correct horse', `NO AUTH=${base64(`${login}\0${login}\0correct horse`)}`],
  ['s3nha', `-ERR AUTH ${base64('s3nha')}`],
  ['senha comprida', `-ERR AUTH xx${base64('senha comprida')}`],
  ['çãé', `NO ${base64('\0ana\0çãé')}`],
  ['s3nha', `NO ${Buffer.from('\0ana\0s3nha').toString('base64url')}`],
  ['s3nha', `NO response was ${base64('x'.repeat(2))}${base64('\0ana\0s3nha')}`],
  // As other programs write it.
  ['a&b "c"', 'NO a%26b%20%22c%22'],
  ['a&b "c"', 'NO pass=a%26b+%22c%22'],
  ['a&b "c"', 'NO {"password":"a&b \\"c\\""}'],
  ['a&b "c"', 'NO a&amp;b &quot;c&quot;'],
  ['s3nha', `NO ${Buffer.from('s3nha').toString('hex')}`],
  ['s3nha', 'NO %73%33%6e%68%61 is wrong'],
  ['sênha', `NO ${Buffer.from('sênha').toString('latin1')}`],
  // Short ones, which must not hide every sentence.
  ['x1', 'NO LOGIN ana x1'],
  ['abc', 'NO LOGIN "ana" "abc"'],
  ['abc', `NO ${base64('abc')}`],
  ['abc', `NO ${base64('\0ana\0abc')}`],
] as const) {
  test(`${JSON.stringify(secret)} is not left in: ${JSON.stringify(said)}`, () => {
    const left = quoted(said, password(secret));
    assert.ok(left.includes('***'), left);
    for (const piece of [secret, 'ana\0', ...decodings(left)]) {
      if (piece === secret) assert.ok(!left.toLowerCase().includes(secret.toLowerCase()), left);
      else assert.ok(!piece.includes(secret), `${left} has ${JSON.stringify(piece)}`);
    }
    assert.ok(/^[\w -]*(NO|BAD|bad|-ERR)/.test(left), 'and what is not secret stays');
  });
}

/** What a reader could make of the words. */
function decodings(text: string): string[] {
  const words = text.split(/[\s"=]+/);
  return words.flatMap(word => [
    Buffer.from(word, 'base64').toString(),
    Buffer.from(word, 'hex').toString(),
    decodeURIComponent(word.replaceAll('+', ' ').replaceAll(/%(?![0-9a-f]{2})/gi, '%25')),
    word.replaceAll('\\', ''),
  ]);
}

test('of a token nothing is left, nor of its parts, nor of what it was sent in', () => {
  const proof: Proof = { type: 'token', token: jwt };
  const [header = '', claims = '', signature = ''] = jwt.split('.');
  const xoauth2 = base64(`user=${login}\x01auth=Bearer ${jwt}\x01\x01`);
  for (const said of [jwt, header, claims, signature, xoauth2, xoauth2.slice(0, 30), jwt.slice(0, 60)]) {
    const left = quoted(`NO token ${said} refused`, proof);
    assert.match(left, /^NO token \*\*\*(\.\*\*\*)* refused$/);
  }
  assert.equal(
    quoted('NO token opaque-token-17', { type: 'token', token: 'opaque-token-17' }),
    'NO token ***',
  );
});

test('addresses and subjects are nobody’s business, also where no secret is known', () => {
  for (const [said, left] of [
    ['User ana@empresa.com.br is unknown', 'User *** is unknown'],
    ["AADSTS50020: User account 'Ana <ana@x.example>' from", "AADSTS50020: User account 'Ana <***>' from"],
    ['"ana maria"@x.example is unknown', '*** is unknown'],
    ['no such user ana%40empresa.com.br', 'no such user ***'],
    [`user ${base64(login)} unknown`, 'user *** unknown'],
    ['Cannot parse Subject: Pedido 4711 de Ana', 'Cannot parse Subject: ***'],
    ['Cannot parse =?utf-8?Q?Pedido_4711?=', 'Cannot parse ***'],
  ] as const) {
    assert.equal(quoted(said), left);
  }
});

test('what helps stays readable: words, folders, codes, and the address of a page', () => {
  for (const said of [
    '[ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)',
    'https://support.google.com/mail/answer/78754?p=BadCredentials',
    'See https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate.',
    '[AUTHENTICATIONFAILED] Authentication failed. User is authenticated but not connected. Session 42',
    'Mailbox does not exist: INBOX.Processados/2026',
    'Encrypted connections only; Signature required (BasicAuthBlocked)',
    'a password of abacus is not the token abc1',
  ]) {
    assert.equal(quoted(said, password('abc')), said);
  }
});

test('the address of a page is quoted without what was put into it', () => {
  const proof = password('s3nha');
  for (const [said, left] of [
    [
      `https://accounts.example/continue?plt=${'AKgnsbvX'.repeat(8)}&x=1`,
      'https://accounts.example/continue?plt=***&x=1',
    ],
    ['https://mail.example/help?u=ana@x.example&p=s3nha', 'https://mail.example/help?u=***&p=***'],
    [`https://mail.example/${base64('\0ana\0s3nha')}`, 'https://mail.example/***'],
    ['see https://s3nha.example/', 'see https://***.example/'],
  ] as const) {
    assert.equal(quoted(said, proof), left);
  }
});

test('words come in one line, and no longer than helps', () => {
  assert.equal(quoted('one\r\ntwo\u0000three\u001b[31m'), 'one two three [31m');
  assert.equal(quoted('word '.repeat(100)).length, 200);
  // Masked first: a cut must not leave half a secret.
  assert.ok(!quoted(`${'x '.repeat(96)}segredo-comprido`, password('segredo-comprido')).includes('segr'));
});
