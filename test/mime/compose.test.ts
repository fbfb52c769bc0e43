// A mail of our own: what is in its header, and what a stranger's words cannot put there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simpleParser } from 'mailparser';
import { composeMail, type Draft } from '../../shared/mime/compose.ts';

const draft: Draft = {
  from: { name: 'Atendimento Ação', address: 'suporte@contoso.example' },
  to: { name: 'Ana', address: 'ana@cliente.example' },
  subject: 'Re: Pedido não chegou — 4º aviso',
  date: new Date('2026-03-02T18:00:00Z'),
  messageId: '<abc.survey@contoso.example>',
  inReplyTo: '<2@cliente.example>',
  references: ['<1@cliente.example>'],
  text: 'Como foi?\nhttps://m.example/s/abc',
  html: '<p>Como foi, José?</p>',
};

test('it is an answer by a machine, and says so', async () => {
  const { headers, ...mail } = await simpleParser(await composeMail(draft));
  assert.equal(headers.get('auto-submitted'), 'auto-generated');
  assert.equal(headers.get('x-auto-response-suppress'), 'All');
  assert.equal(mail.messageId, draft.messageId);
  assert.equal(mail.inReplyTo, draft.inReplyTo);
  assert.deepEqual(mail.references, ['<1@cliente.example>', '<2@cliente.example>']);
  assert.equal(mail.subject, draft.subject);
  assert.deepEqual(mail.date, draft.date);
  assert.equal(mail.from?.value[0]?.name, 'Atendimento Ação');
  assert.equal(mail.text?.trim(), draft.text);
  assert.match(String(mail.html), /José/);
});

test('the same draft gives the same bytes', async () => {
  assert.deepEqual(await composeMail(draft), await composeMail(draft));
});

test('lines end with CRLF, and none is longer than a server takes', async () => {
  const raw = (await composeMail({ ...draft, text: 'x'.repeat(5000), html: 'ç'.repeat(5000) })).toString(
    'latin1',
  );
  assert.doesNotMatch(raw, /[^\r]\n|\r[^\n]/);
  assert.ok(raw.split('\r\n').every(line => line.length <= 998));
});

test("nothing of a stranger's begins a header of its own", async () => {
  const evil = 'x\r\nBcc: boss@contoso.example\r\n\r\n<b>';
  const raw = await composeMail({
    ...draft,
    to: { name: evil, address: 'ana@cliente.example' },
    subject: evil,
    inReplyTo: `<a@b>${evil}`,
    references: [`<a@b>\r\nBcc: c@d`, '<ok@cliente.example>', '<ação@x>'],
  });
  const { headers, bcc, ...mail } = await simpleParser(raw);
  assert.equal(bcc, undefined);
  assert.equal(mail.inReplyTo, undefined);
  assert.equal(mail.references, '<ok@cliente.example>');
  assert.deepEqual(
    [...headers.keys()].filter(name => name === 'bcc'),
    [],
  );
});

test('of a long conversation the beginning and the end are kept', async () => {
  const references = Array.from({ length: 300 }, (_, n) => `<${n}@cliente.example>`);
  const kept = (await simpleParser(await composeMail({ ...draft, references }))).references as string[];
  assert.equal(kept.length, 20);
  assert.deepEqual(
    [kept[0], kept.at(-2), kept.at(-1)],
    ['<0@cliente.example>', '<299@cliente.example>', '<2@cliente.example>'],
  );
});
