// The signed instant of a form: whose it is, how old, and that nobody else makes one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invitationIdOf } from '../../../shared/domain/survey/invitation.ts';
import { isReadByPerson, signShownAt } from '../../../shared/flows/surveys/shown-at.ts';

const [k1, k2, k3] = ['k1', 'k2', 'k3'].map((id, n) => ({ id, key: Buffer.alloc(32, n + 1) }));
const id = invitationIdOf('A-1');
const shown = new Date('2026-03-02T18:00:00Z');
const after = (ms: number) => new Date(shown.getTime() + ms);

test('two seconds are what a person needs at least', () => {
  const signed = signShownAt([k1!], id, shown);
  assert.equal(isReadByPerson([k1!], id, signed, after(1_999)), false);
  assert.equal(isReadByPerson([k1!], id, signed, after(2_000)), true);
  assert.equal(isReadByPerson([k1!], id, signed, after(30 * 86_400_000)), true);
});

test('a form that was shown before the key was changed is still known', () => {
  const signed = signShownAt([k1!, k2!], id, shown);
  assert.equal(isReadByPerson([k3!, k1!], id, signed, after(5_000)), true);
  assert.equal(isReadByPerson([k3!, k2!], id, signed, after(5_000)), false);
});

test('what is missing, changed or of another invitation counts as not shown', () => {
  const signed = signShownAt([k1!], id, shown);
  const [, mac = ''] = signed.split('.');
  const earlier = `${(shown.getTime() - 60_000).toString(36)}.${mac}`;
  for (const forged of [null, '', 'x', earlier, `${signed}A`, signed.slice(0, -1), `.${mac}`]) {
    assert.equal(isReadByPerson([k1!], id, forged, after(5_000)), false, String(forged));
  }
  assert.equal(isReadByPerson([k1!], invitationIdOf('A-2'), signed, after(5_000)), false);
});
