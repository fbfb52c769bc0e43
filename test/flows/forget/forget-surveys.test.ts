// Surveys are forgotten: what is old by the clock, and by order what asked a person. Figures stay.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { recordMails } from '../../../shared/azure/ledger.ts';
import { findAsked, isOptedOut, noteAsked, noteOptedOut } from '../../../shared/azure/people-store.ts';
import { readBranded, writeSettings } from '../../../shared/azure/settings-store.ts';
import { createInvitation, findInvitation, replaceInvitation } from '../../../shared/azure/surveys-store.ts';
import type { Clients } from '../../../shared/clients.ts';
import { auditEntry } from '../../../shared/domain/audit.ts';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { mailKeyOf } from '../../../shared/domain/mail/key.ts';
import { type Invitation, type SurveyNews, withNews } from '../../../shared/domain/survey/invitation.ts';
import { sumDay } from '../../../shared/domain/survey/sums.ts';
import {
  carryOnErasures,
  findToErase,
  getErasure,
  orderErasure,
} from '../../../shared/flows/forget/erase.ts';
import { forgetOldSurveys } from '../../../shared/flows/forget/forget-surveys.ts';
import { surveyAddressHash } from '../../../shared/flows/surveys/address-hash.ts';
import { createLog } from '../../../shared/log.ts';
import { addressHash } from '../../../shared/secrets.ts';
import { startDatabase } from '../../azure/services-database.ts';
import { answer } from '../../support/answer.ts';
import { invitation } from '../../support/invitation.ts';
import { ledgerRecord } from '../../support/ledger-record.ts';

const { database, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);

const { surveys } = database;
const secretKeys = [{ id: 'k1', key: Buffer.alloc(32, 1) }] as const;
const mails = { async *listBlobsFlat() {} };
const clients = { database, config: { secretKeys }, mails } as unknown as Clients;
const log = createLog(() => {});
const actor = { oid: 'o', name: 'ana@x', role: 'Admin' };
const at = (text: string) => ({ clock: () => new Date(text), log });

async function invite(attendanceId: string, changes: Partial<Invitation> = {}): Promise<Invitation> {
  const made = invitation({ attendanceId, ...changes });
  assert.notEqual(await createInvitation(surveys, made), undefined);
  return made;
}
/** What an invitation has besides when something is to follow. */
function following(made: Invitation, news: SurveyNews): Partial<Invitation> {
  const { answer, untold, untoldSince } = withNews(made, news);
  return { answer, ...(untold && { untold }), ...(untoldSince && { untoldSince }) };
}
const read = async ({ invitationId }: Invitation) =>
  (await findInvitation(surveys, invitationId))?.value ?? assert.fail();
const kindOf = async (made: Invitation) => (await read(made)).kind;

async function keepFor(days: number | null): Promise<void> {
  const before = await readBranded(database.catalog);
  const entry = { id: randomUUID(), who: actor, action: 'updated', kind: 'settings', target: '' } as const;
  const pending = { audit: auditEntry({ ...entry, changes: [] }, new Date()), event: null };
  const settings = { ...before.value.settings, retentionDays: { mails: null, surveys: days } };
  assert.ok('etag' in (await writeSettings(database.catalog, before, { settings, logo: null }, pending)));
}

test('by age go those that can be answered and changed no more, once the settings say so', async () => {
  const news = { type: 'answered', at: '2026-03-03T12:00:00.000Z', answer: answer(5) } as const;
  const late = { changedAt: '2026-03-20T12:00:00.000Z' };
  const go = {
    answered: await invite('answered', { answer: answer(5) }),
    expired: await invite('expired'),
    suppressed: await invite('suppressed', { suppressed: 'automatic' }),
    suspect: await invite('suspect', { answer: answer(1, { suspect: true }) }),
  };
  const stay = {
    open: await invite('open', { expiresAt: '2026-05-16T18:00:00.000Z' }),
    changed: await invite('changed', { answer: answer(5, late) }),
    untold: await invite('untold', following(invitation({ answer: answer(5) }), news)),
  };
  assert.equal(await forgetOldSurveys(clients, at('2026-04-18T12:00:00Z')), 0);
  await keepFor(30);
  assert.equal(await forgetOldSurveys(clients, at('2026-03-30T12:00:00Z')), 0);
  assert.equal(await forgetOldSurveys(clients, at('2026-04-18T12:00:00Z')), 4);
  assert.equal(await forgetOldSurveys(clients, at('2026-04-18T12:00:00Z')), 0);
  for (const [name, made] of Object.entries(go)) assert.equal(await kindOf(made), 'forgotten', name);
  for (const [name, made] of Object.entries(stay)) assert.equal(await kindOf(made), 'invitation', name);
  await keepFor(1);
  const week = await invite('changeable', {
    changeableHours: 168,
    answer: answer(5, { answeredAt: '2026-04-16T12:00:00.000Z' }),
  });
  await forgetOldSurveys(clients, at('2026-04-18T12:00:00Z'));
  assert.equal(await kindOf(week), 'invitation');
  await forgetOldSurveys(clients, at('2026-04-23T13:00:00Z'));
  assert.equal(await kindOf(week), 'forgotten');
  await keepFor(null);
});

test('what is left has no person and no words of one, and counts as it did', async () => {
  const words = { questionId: 'why', kind: 'text', question: 'Por quê?', value: 'Minha mãe Rosa' } as const;
  const given = answer(2, { comment: 'Liguem para Rosa' });
  const made = await invite('words', {
    addressHash: 'hash-of-rosa',
    answer: { ...given, answers: [...given.answers, words] },
    uncountedSince: '2026-03-03T12:00:00.000Z',
  });
  await keepFor(30);
  assert.equal(await forgetOldSurveys(clients, at('2026-04-18T12:00:00Z')), 1);
  await keepFor(null);
  const left = await read(made);
  assert.ok(left.kind === 'forgotten');
  assert.doesNotMatch(JSON.stringify(left), /rosa|"words"|"salt"/i);
  assert.equal(left.uncountedSince, made.uncountedSince);
  const sums = (of: typeof made | typeof left) => {
    const { questions: _words, ...counted } = sumDay(
      { serviceId: of.serviceId, day: '2026-03-03' },
      [of],
      [of],
    );
    return counted;
  };
  assert.deepEqual(sums(left), sums(made));
});

test('by order goes whatever asked a person, open or not; the wish not to be asked stays', async () => {
  const address = 'Eva@Example.net';
  const hash = await surveyAddressHash(clients, address);
  assert.equal(await surveyAddressHash(clients, 'eva@example.net'), hash);
  const serviceId = 'sac' as ServiceId;
  const mailKey = mailKeyOf(serviceId, 'imap/g/1', '1');
  const named = { addressHashes: [addressHash(secretKeys[0], 'eva@example.net')], addressKeyId: 'k1' };
  const source = { generation: 'imap/g/1', id: '1' };
  const record = {
    ...ledgerRecord({ id: mailKey, serviceId, source, receivedAt: '2026-03-01T00:00:00.000Z' }),
    ...named,
  };
  assert.deepEqual(await recordMails(database.ledger, serviceId, [{ record }]), [undefined]);
  const hers = [
    await invite('eva open', { addressHash: hash, expiresAt: '2099-01-01T00:00:00.000Z' }),
    await invite('eva answered', { addressHash: hash, mailKey, answer: answer(5) }),
  ];
  // Of the same mail, which she was copied on: it asked somebody else.
  const another = await invite('rui', {
    addressHash: await surveyAddressHash(clients, 'rui@example.net'),
    mailKey,
  });
  const wish = { type: 'optedOut', at: '2026-03-03T12:00:00.000Z' } as const;
  const waiting = await invite('eva untold', { ...following(invitation(), wish), addressHash: hash });
  const asked = { invitationId: waiting.invitationId, askedAt: '2026-03-02T18:00:00.000Z' };
  assert.ok(await noteAsked(surveys, { addressHash: hash, serviceId }, asked, undefined));
  await noteOptedOut(surveys, hash, '2026-03-03T12:00:00.000Z');

  const now = new Date();
  const context = { clock: () => now, log };
  const dry = await findToErase(clients, address, now);
  assert.deepEqual([dry.mailKeys, dry.invitationIds.length, dry.isMore], [[mailKey], 3, false]);
  const { id } = await orderErasure(clients, address, { actor, now, ...context });
  await carryOnErasures(clients, context);
  assert.equal((await getErasure(clients, id)).state, 'running');
  for (const made of hers) assert.equal(await kindOf(made), 'forgotten');
  assert.equal(await kindOf(waiting), 'invitation');

  // What was to follow has come.
  const { value, etag } = (await findInvitation(surveys, waiting.invitationId)) ?? assert.fail();
  assert.ok(value.kind === 'invitation');
  const { untold: _untold, untoldSince: _since, ...told } = value;
  assert.ok(await replaceInvitation(surveys, told, etag));
  await carryOnErasures(clients, context);
  const done = await getErasure(clients, id);
  assert.deepEqual([done.state, done.mailKeys], ['done', [mailKey]]);
  assert.deepEqual(
    done.invitationIds?.toSorted(),
    [...hers, waiting].map(({ invitationId }) => invitationId).toSorted(),
  );
  assert.equal(await kindOf(waiting), 'forgotten');
  assert.equal(await kindOf(another), 'invitation');
  assert.equal(await findAsked(surveys, hash, serviceId), undefined);
  assert.ok(await isOptedOut(surveys, hash));
  assert.deepEqual((await findToErase(clients, address, now)).invitationIds, []);
});
