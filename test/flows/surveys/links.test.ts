// What a link opens, what it does not, and under which key.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { createInvitation, replaceInvitation } from '../../../shared/azure/surveys-store.ts';
import type { Clients } from '../../../shared/clients.ts';
import type { SecretKey } from '../../../shared/config.ts';
import type { Invitation } from '../../../shared/domain/survey/invitation.ts';
import { findByToken, linkOf, tokenOf } from '../../../shared/flows/surveys/links.ts';
import { startDatabase } from '../../azure/services-database.ts';
import { invitation } from '../../support/invitation.ts';

const { database, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);

const k1: SecretKey = { id: 'k1', key: randomBytes(32) };
const k2: SecretKey = { id: 'k2', key: randomBytes(32) };

function clientsWith(...secretKeys: SecretKey[]): Clients {
  return { config: { secretKeys }, database } as unknown as Clients;
}

/** Within the days in which they are open. */
const now = new Date('2026-03-03T12:00:00Z');

let count = 0;

async function kept(changes: Partial<Invitation> = {}): Promise<Invitation> {
  const made = invitation({ attendanceId: `A-${++count}`, ...changes });
  assert.ok(await createInvitation(database.surveys, made));
  return made;
}

test('a link opens its invitation, and is the same whenever it is made', async () => {
  const made = await kept();
  const link = linkOf([k1], made, 'https://m.example');
  assert.match(link, /^https:\/\/m\.example\/s\/[A-Za-z0-9_-]{65}$/);
  assert.equal(linkOf([k2, k1], made, 'https://m.example'), link);
  const found = await findByToken(clientsWith(k1), tokenOf([k1], made), now);
  assert.deepEqual(found?.value, made);
});

test('a link stays good while its key is the previous one, and says which key is missed when that is gone', async () => {
  const made = await kept();
  const token = tokenOf([k1], made);
  assert.ok(await findByToken(clientsWith(k2, k1), token, now));
  await assert.rejects(findByToken(clientsWith(k2), token, now), {
    code: 'misconfigured',
    message: /SECRET_KEY_PREVIOUS.*"k1"/,
  });
});

test('of a survey that has ended a link whose key is gone is like any that never was', async () => {
  const made = await kept();
  const later = new Date('2026-06-01T12:00:00Z');
  assert.equal(await findByToken(clientsWith(k2), tokenOf([k1], made), later), undefined);
  assert.ok(await findByToken(clientsWith(k2, k1), tokenOf([k1], made), later));
});

test('whoever knows the attendance and the database, but not the key, opens nothing', async () => {
  const made = await kept();
  const others = { ...k1, key: randomBytes(32) };
  assert.equal(await findByToken(clientsWith(k1), tokenOf([others], made), now), undefined);
  const otherSalt = { ...made, salt: randomBytes(16).toString('base64url') };
  assert.equal(await findByToken(clientsWith(k1), tokenOf([k1], otherSalt), now), undefined);
});

test('one character more, less or another opens nothing', async () => {
  const token = tokenOf([k1], await kept());
  const last = token.at(-1) === 'A' ? 'E' : 'A';
  for (const wrong of [
    `${token}A`,
    token.slice(1),
    `${token.slice(0, -1)}${last}`,
    '',
    '../s',
    `${token}=`,
  ]) {
    assert.equal(await findByToken(clientsWith(k1), wrong, now), undefined, wrong);
  }
});

// A base64url text may end in bits that decode to nothing: two tokens would be one.
test('a token is good in one spelling alone', async () => {
  const token = tokenOf([k1], await kept());
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const next = alphabet[alphabet.indexOf(token.at(-1) ?? '') + 1] ?? 'A';
  assert.equal(await findByToken(clientsWith(k1), token.slice(0, -1) + next, now), undefined);
});

test('who was not asked has no link that opens, nor has what was forgotten', async () => {
  const suppressed = await kept({ suppressed: 'automatic' });
  assert.equal(await findByToken(clientsWith(k1), tokenOf([k1], suppressed), now), undefined);
  const made = invitation({ attendanceId: 'A-forgotten' });
  const etag = await createInvitation(database.surveys, made);
  const { invitationId, serviceId, groupId, agentId, invitedDay } = made;
  const rest = { invitationId, serviceId, groupId, agentId, invitedDay, suppressed: null, answer: null };
  const forgotten = { ...rest, kind: 'forgotten', forgottenAt: '2026-06-01T00:00:00.000Z' } as const;
  assert.ok(await replaceInvitation(database.surveys, forgotten, etag ?? ''));
  assert.equal(await findByToken(clientsWith(k1), tokenOf([k1], made), now), undefined);
});
