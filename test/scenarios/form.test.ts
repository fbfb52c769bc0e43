// What the platform is told besides the mail: whether somebody is there, and the form filled in when a conversation begins.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailReceived } from '../../schemas/events.d.ts';
import { useMailroom } from '../support/mailroom.ts';

const room = await useMailroom();
const { dovecot } = room;

const mailOf = (id: string, subject: string, extra = '') =>
  `From: Ana <ana@example.com>\r\nSubject: ${subject}\r\nMessage-ID: <${id}@example.com>\r\n${extra}\r\nValor: 1.234,56\r\n`;

const form = {
  name: 'Pedido',
  language: 'pt-BR',
  fields: [
    { id: 'numero', label: 'Número', type: 'number', source: { pattern: 'pedido (\\d+)', in: 'subject' } },
    { id: 'valor', label: 'Valor', type: 'number', source: { pattern: 'Valor: (\\S+)' } },
    { id: 'cpf', label: 'CPF', type: 'text', source: { pattern: 'CPF (\\S+)' } },
  ],
};
const filled = {
  formId: 'pedido',
  formName: 'Pedido',
  fields: [
    { id: 'numero', label: 'Número', value: 4711 },
    { id: 'valor', label: 'Valor', value: 1234.56 },
  ],
  missing: ['cpf'],
};

test('events carry hours, and the form of the mail that opens a conversation', {
  skip: dovecot.skip,
}, async () => {
  const always = { mon: '', tue: '', wed: '', thu: '', fri: '', sat: '', sun: '' };
  const wholeWeek = Object.fromEntries(
    Object.keys(always).map(day => [day, [{ from: '00:00', to: '24:00' }]]),
  );
  const put = async (path: string, body: unknown) =>
    assert.equal((await room.call('PUT', `/api/${path}`, { body })).status, 201);
  await put('schedules/nunca', { name: 'Nunca', timeZone: 'America/Sao_Paulo', week: {} });
  await put('schedules/sempre', { name: 'Sempre', timeZone: 'America/Sao_Paulo', week: wholeWeek });
  await put('forms/pedido', form);
  await put('groups/n2', { name: 'Nível 2' });
  const mailbox = await dovecot.newMailbox();
  await mailbox.deliver('INBOX', mailOf('first', 'Sobre o pedido 4711'));
  await mailbox.deliver(
    'INBOX',
    mailOf('second', 'Re: Sobre o pedido 4711', 'In-Reply-To: <first@example.com>\r\n'),
  );
  const groups = [
    { groupId: 'support', scheduleId: 'nunca' },
    { groupId: 'n2', scheduleId: 'sempre' },
  ];
  const service = await room.register(mailbox, { formId: 'pedido', groups });
  await room.fetch(service);
  const events = await room.received(service, 'mail.received', 2);
  const told = new Map(
    events.map(({ data }) => [(data as MailReceived).headers.messageId, data as MailReceived]),
  );
  const first = told.get('<first@example.com>') ?? assert.fail();
  assert.deepEqual(first.groups, [
    { groupId: 'support', name: 'Suporte', scheduleId: 'nunca', open: false, changesAt: null },
    { groupId: 'n2', name: 'Nível 2', scheduleId: 'sempre', open: true, changesAt: null },
  ]);
  assert.deepEqual([first.conversation.first, first.preRegistration], [true, filled]);
  const second = told.get('<second@example.com>') ?? assert.fail();
  assert.deepEqual([second.conversation.first, second.preRegistration], [false, null]);

  const preview = (body: unknown, id = 'pedido') => room.call('POST', `/api/forms/${id}/preview`, { body });
  assert.deepEqual((await preview({ mailKey: second.mailKey })).json, filled);
  assert.deepEqual((await preview({ eml: mailOf('x', 'pedido 4711') })).json, filled);
  assert.equal((await preview({ mailKey: second.mailKey }, 'none')).status, 404);
  assert.equal((await preview({ mailKey: `${service}.${'0'.repeat(64)}` })).status, 404);
  assert.equal((await preview({ mail: 'x' })).status, 422);

  const { etag } = await room.call('GET', '/api/forms/pedido');
  const kept = await room.call('DELETE', '/api/forms/pedido', { ifMatch: etag });
  assert.equal(kept.status, 409);
  assert.match(kept.json.detail, /The form is named by .* Take it out of these services first\.$/);
});
