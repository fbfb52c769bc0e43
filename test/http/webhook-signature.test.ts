// Who signs a call as Standard Webhooks say is let in, and nobody else.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { signatureFault } from '../../shared/http/webhook-signature.ts';
import { signedHeaders } from '../support/signed.ts';

// The vector that the libraries of Standard Webhooks are tested with.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/index.test.ts
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const body = '{"test": 2432232314}';
const vector = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const signature = vector['webhook-signature'];
const instant = new Date(1_614_265_330_000);

type Given = { headers?: Record<string, string>; body?: string; secrets?: string[]; now?: Date };
const faultOf = ({ headers = {}, ...given }: Given = {}) =>
  signatureFault(
    { headers: new Headers({ ...vector, ...headers }), body: Buffer.from(given.body ?? body) },
    given.secrets ?? [secret],
    given.now ?? instant,
  );
const later = (seconds: number) => new Date(instant.getTime() + seconds * 1000);

test('the published vector fits', () => {
  assert.equal(faultOf(), undefined);
});

test('what the library signs fits, under either of two secrets, and with two signatures', () => {
  const now = new Date('2026-11-02T18:00:00.400Z');
  for (const signed of [secret, other, [other, secret], [secret, `whsec_${'AAAA'.repeat(8)}`]]) {
    const headers = signedHeaders(body, signed, now);
    assert.equal(faultOf({ headers, now, secrets: [other, secret] }), undefined, String(signed));
  }
});

test('signatures of unknown versions, and what is none, are passed over', () => {
  for (const around of ['v1a,AAAA', 'v2,g0hM9SsE', 'v1,', 'v1,!!!!', 'v1', `v1,${'A'.repeat(43)}=`]) {
    assert.equal(faultOf({ headers: { 'webhook-signature': `${around} ${signature}` } }), undefined, around);
    assert.equal(faultOf({ headers: { 'webhook-signature': `${signature} ${around}` } }), undefined, around);
  }
});

describe('it does not fit', () => {
  const cases: [name: string, given: Given, fault: string][] = [
    ['with another body', { body: '{"test": 2432232315}' }, 'mismatch'],
    ['with a body that only means the same', { body: '{"test":2432232314}' }, 'mismatch'],
    ['with another id', { headers: { 'webhook-id': 'msg_2' } }, 'mismatch'],
    ['with another instant', { headers: { 'webhook-timestamp': '1614265331' } }, 'mismatch'],
    ['under another secret', { secrets: [other] }, 'mismatch'],
    ['where there is no secret', { secrets: [] }, 'mismatch'],
    ['as another version', { headers: { 'webhook-signature': signature.replace('v1', 'v2') } }, 'missing'],
    ['with a part of it', { headers: { 'webhook-signature': signature.slice(0, 30) } }, 'missing'],
    [
      'with the eleventh that fits',
      { headers: { 'webhook-signature': `${`v1,${'A'.repeat(43)}= `.repeat(10)}${signature}` } },
      'mismatch',
    ],
    ['without a signature', { headers: { 'webhook-signature': '' } }, 'missing'],
    ['without an id', { headers: { 'webhook-id': '' } }, 'missing'],
    ['with an endless id', { headers: { 'webhook-id': 'x'.repeat(257) } }, 'missing'],
    ['without an instant', { headers: { 'webhook-timestamp': '' } }, 'missing'],
    ['with an instant that is none', { headers: { 'webhook-timestamp': '1614265330.5' } }, 'missing'],
    ['more than five minutes late', { now: later(301) }, 'stale'],
    ['more than five minutes early', { now: later(-301) }, 'stale'],
  ];
  for (const [name, given, fault] of cases) test(name, () => assert.equal(faultOf(given), fault));

  test('five minutes either way are no fault', () => {
    for (const seconds of [300, -300]) assert.equal(faultOf({ now: later(seconds) }), undefined);
  });
});
