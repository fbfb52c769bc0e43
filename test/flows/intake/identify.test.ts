// Whether a mail is one that we had before: against records in a database, in every state that they can be in.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { recordMails } from '../../../shared/azure/ledger.ts';
import type { MailKey, ServiceId } from '../../../shared/domain/ids.ts';
import { mailKeyOf } from '../../../shared/domain/mail/key.ts';
import { conversationId, type LedgerRecord, sha256Hex } from '../../../shared/domain/mail/ledger-record.ts';
import type { DownloadedMail } from '../../../shared/flows/intake/download.ts';
import { identifyMails } from '../../../shared/flows/intake/identify.ts';
import type { Visit } from '../../../shared/flows/intake/visit.ts';
import { parse } from '../../../shared/mime/parse.ts';
import { startDatabase } from '../../azure/services-database.ts';
import { ledgerRecord } from '../../support/ledger-record.ts';

const { database, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);

let serviceId: ServiceId;
let services = 0;
beforeEach(() => {
  services += 1;
  serviceId = `s${services}` as ServiceId;
});

const before = 'imap/before/1';
const now = 'imap/now/2';
const at = (seconds: number) => new Date(Date.UTC(2026, 5, 1, 10, 0, seconds));
const keyOf = (generation: string, id: string) => mailKeyOf(serviceId, generation, id);
const raw = (subject: string, messageId = 'same@example.net') =>
  Buffer.from(`Subject: ${subject}\r\nMessage-ID: <${messageId}>\r\n\r\n${subject}\r\n`);

async function downloaded(id: string, bytes: Buffer, receivedAt: Date): Promise<DownloadedMail> {
  const { mail } = await parse(bytes, { ownAddresses: [] });
  const listed = { id, receivedAt, sizeBytes: bytes.length };
  const facts = { rawSizeBytes: bytes.length, rawSha256: sha256Hex(bytes), storedBefore: undefined };
  return { listed, key: keyOf(now, id), mail, ...facts, confirmedDomain: null };
}

/** As the ledger has it after an earlier visit. */
async function record(
  generation: string,
  id: string,
  bytes: Buffer,
  receivedAt: Date,
  changes: Partial<LedgerRecord> = {},
): Promise<MailKey> {
  const key = keyOf(generation, id);
  const written = ledgerRecord({
    id: key,
    serviceId,
    source: { generation, id },
    receivedAt: receivedAt.toISOString(),
    rawSizeBytes: bytes.length,
    rawSha256: sha256Hex(bytes),
    messageIdSha256: sha256Hex('<same@example.net>'),
    ...changes,
  });
  assert.deepEqual(await recordMails(database.ledger, serviceId, [{ record: written }]), [undefined]);
  return key;
}

function identify(...mails: DownloadedMail[]) {
  const visit = {
    clients: { database },
    service: { id: serviceId },
    generation: now,
  } as unknown as Visit;
  return identifyMails(visit, mails);
}

/** What each of these mails is found to be the same as. */
async function sameAs(...mails: DownloadedMail[]): Promise<(MailKey | undefined)[]> {
  return (await identify(...mails)).map(mail => mail.sameAs);
}

for (const state of ['published', 'held'] as const) {
  test(`the same bytes at the same instant are the mail that is ${state} already`, async () => {
    const older = await record(now, '1', raw('a'), at(0), { state });
    assert.deepEqual(await sameAs(await downloaded('2', raw('a'), at(0))), [older]);
  });
}

test('the same bytes at another instant are another mail', async () => {
  await record(now, '1', raw('a'), at(0));
  assert.deepEqual(await sameAs(await downloaded('2', raw('a'), at(1))), [undefined]);
});

test('a mail set aside makes no other one reappear: it was not published', async () => {
  await record(now, '1', raw('a'), at(0), { state: 'setAside' });
  assert.deepEqual(await sameAs(await downloaded('2', raw('a'), at(0))), [undefined]);
});

test('a mail that came back twice is the same as the first', async () => {
  const first = await record(now, '1', raw('a'), at(0));
  await record(now, '2', raw('a'), at(0), { state: 'reappeared', sameAs: first });
  assert.deepEqual(await sameAs(await downloaded('3', raw('a'), at(0))), [first]);
});

test('a mail whose own record was lost is not the same as its twin that was recorded', async () => {
  const twin = await record(now, '2', raw('a'), at(0), { state: 'reappeared', sameAs: keyOf(now, '1') });
  const [first, third] = [await downloaded('1', raw('a'), at(0)), await downloaded('3', raw('a'), at(0))];
  assert.notEqual(twin, first.key);
  assert.deepEqual(await sameAs(first, third), [undefined, first.key]);
});

test('twins of one batch: the first is new, the others are the same as it', async () => {
  const twins = ['1', '2', '3'].map(id => downloaded(id, raw('a'), at(0)));
  assert.deepEqual(await sameAs(...(await Promise.all(twins))), [
    undefined,
    keyOf(now, '1'),
    keyOf(now, '1'),
  ]);
});

test('in one generation an equal Message-ID makes no two mails one, however close', async () => {
  await record(now, '1', raw('a'), at(0));
  assert.deepEqual(await sameAs(await downloaded('2', raw('b'), at(0))), [undefined]);
});

test('after a reset an equal Message-ID within a minute is the same mail, rewritten or not', async () => {
  const older = await record(before, '1', raw('a'), at(0));
  assert.deepEqual(
    await sameAs(
      await downloaded('1', raw('a, written anew'), at(60)),
      await downloaded('2', raw('a'), at(30)),
      await downloaded('3', raw('a, too late'), at(61)),
      await downloaded('4', raw('another', 'other@example.net'), at(0)),
    ),
    [older, older, undefined, undefined],
  );
});

test('a reply skips the filter only of a sender who is approved there already, and is the sender for sure', async () => {
  const reply = async (id: string, from: string, confirmedDomain: string | null, references = '<root@x>') => {
    const header = `From: ${from}\r\nSubject: ${id}\r\nMessage-ID: <${id}@x>\r\nReferences: ${references}\r\n\r\n`;
    return { ...(await downloaded(id, Buffer.from(header), at(9))), confirmedDomain };
  };
  const conversationKey = sha256Hex('<root@x>').slice(0, 32);
  const decided = (action: 'approved' | 'rejected') =>
    ({ decision: { id: action, action, who: nobody, at: '', reason: null } }) as const;
  const nobody = { oid: '', name: '', role: '' };
  const known = { conversationKey, messageIdSha256: null };
  await record(now, '1', raw('a'), at(0), { ...known, from: 'Ana@Example.net', ...decided('approved') });
  await record(now, '2', raw('b'), at(0), { ...known, from: 'rui@example.net', ...decided('rejected') });
  const mails = [
    await reply('3', 'Ana <ana@example.net>', 'example.net'),
    await reply('4', 'ana@example.net', null),
    await reply('5', 'ana@example.net', 'evil.example'),
    await reply('6', 'eva@example.net', 'example.net'),
    await reply('7', 'rui@example.net', 'example.net'),
    await reply('8', 'ana@example.net', 'example.net', '<other@x>'),
    await reply('9', 'nobody', 'example.net'),
  ];
  const heldOf = async (approvalRequired: boolean) => {
    const visit = { clients: { database }, service: { id: serviceId, approvalRequired }, generation: now };
    return (await identifyMails(visit as unknown as Visit, mails)).map(({ isHeld }) => isHeld);
  };
  assert.deepEqual(await heldOf(true), [false, true, true, true, true, true, true]);
  assert.deepEqual(new Set(await heldOf(false)), new Set([false]));
});

for (const [whose, key] of [
  ['that another began', 'another'],
  ['of its own first mail', sha256Hex('<same@example.net>').slice(0, 32)],
] as const) {
  test(`an answer in a conversation ${whose} does not open it again`, async () => {
    const openedBy = keyOf(now, '1');
    const record = ledgerRecord({
      id: openedBy,
      serviceId,
      source: { generation: now, id: '1' },
      receivedAt: at(0).toISOString(),
      messageIdSha256: sha256Hex('<same@example.net>'),
      conversationKey: key,
    });
    const conversation = { id: conversationId(key), serviceId, kind: 'conversation', key, openedBy } as const;
    await recordMails(database.ledger, serviceId, [{ record, conversation }]);
    const answer = Buffer.from(
      'Message-ID: <2@example.net>\r\nIn-Reply-To: <same@example.net>\r\n\r\nYes.\r\n',
    );
    const [identified] = await identify(await downloaded('2', answer, at(5)));
    assert.deepEqual(identified?.conversation, { key, first: false });
  });
}
