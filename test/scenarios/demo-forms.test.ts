// A form filled in of every mail of the demo: charsets, quotes, reports and broken mail as a contact centre gets them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demoMails } from '../../local/demo-mails.ts';
import type { MailReceived } from '../../schemas/events.d.ts';
import { useMailroom } from '../support/mailroom.ts';

const room = await useMailroom();
const { dovecot } = room;

const form = {
  name: 'Atendimento',
  language: 'pt-BR',
  fields: [
    { id: 'assunto', label: 'Assunto', type: 'text', source: 'subject' },
    { id: 'cliente', label: 'Cliente', type: 'text', source: 'fromName' },
    { id: 'endereco', label: 'Endereço', type: 'text', source: 'fromAddress' },
    { id: 'para', label: 'Para', type: 'text', source: 'to' },
    { id: 'recebido', label: 'Recebido', type: 'date', source: 'receivedAt' },
    { id: 'relato', label: 'Relato', type: 'text', source: { pattern: '[^\\n]+' } },
    { id: 'pedido', label: 'Pedido', type: 'number', source: { pattern: '(?:pedido|注文番号):? *(\\d+)' } },
    {
      id: 'motivo',
      label: 'Motivo',
      type: 'choice',
      choices: ['Boleto', 'Pagamento', 'Ofertas', 'Prazo'],
      source: { pattern: '(?i)boleto|pagamento|ofertas|prazo', in: 'subject' },
    },
    { id: 'canal', label: 'Canal', type: 'text', source: { constant: 'E-mail' } },
  ],
};

const longest = `1. ${'Este é um relato bem longo, com todos os detalhes do que aconteceu desde a compra. '.repeat(12)}`;
/** What is in the form of each, by its subject; what every one has is left out here. */
const expected: Record<string, Record<string, unknown>> = {
  'Reclamação: pedido não entregue': {
    cliente: 'João Conceição',
    endereco: 'joao@cliente.example',
    relato: 'Olá,',
    pedido: 4711,
  },
  'Segunda via do boleto': {
    cliente: 'Ana Souza',
    endereco: 'ana@cliente.example',
    relato: 'Preciso da segunda via do boleto de novembro. Obrigada! Ana',
    motivo: 'Boleto',
  },
  'Comprovante de pagamento': {
    cliente: 'Carlos Lima',
    endereco: 'carlos@cliente.example',
    relato: 'Segue em anexo o comprovante.',
    motivo: 'Pagamento',
  },
  'O produto chegou quebrado': {
    cliente: 'Beatriz Rocha',
    endereco: 'bia@cliente.example',
    relato: 'Vejam a foto:',
  },
  'Re: Segunda via do boleto': {
    cliente: 'Ana Souza',
    endereco: 'ana@cliente.example',
    relato: 'Recebi, muito obrigada!',
    motivo: 'Boleto',
  },
  'Ausente do escritório': {
    cliente: 'Paula Mendes',
    endereco: 'paula@empresa.example',
    relato: 'Estou de férias até o dia 30. Em caso de urgência, liguem para a recepção.',
  },
  'Undelivered Mail Returned to Sender': {
    cliente: 'Mail Delivery System',
    endereco: 'MAILER-DAEMON@mx.demo.example',
    relato: 'Your mail could not be delivered to antigo@cliente.example.',
  },
  注文番号: { cliente: '山田', endereco: 'yamada@kyaku.example', relato: '注文番号 4711', pedido: 4711 },
  'Ofertas da semana': {
    cliente: 'Loja',
    endereco: 'news@loja.example',
    relato: 'Ofertas',
    motivo: 'Ofertas',
  },
  'ENC: Prazo de entrega': {
    cliente: 'Marcos Alves',
    endereco: 'marcos@cliente.example',
    relato: 'Vejam o que o fornecedor respondeu.',
    motivo: 'Prazo',
  },
  'Relato completo': {
    cliente: 'Rita Prado',
    endereco: 'rita@cliente.example',
    relato: longest.slice(0, 500),
  },
  'não funciona =?utf-8?B?quebrado': {
    // What stands before its only address is no address, and so nobody's name.
    endereco: 'quebrado@cliente.example',
    relato: 'Nada funciona aqui.',
  },
};
const ofAll = { para: 'atendimento@demo.example', recebido: '2026-11-02', canal: 'E-mail' };

test('each opens a conversation with its own values, and with nothing invented', {
  skip: dovecot.skip,
}, async () => {
  assert.equal((await room.call('PUT', '/api/forms/demo', { body: form })).status, 201);
  const mailbox = await dovecot.newMailbox();
  const mails = demoMails(new Date('2026-11-02T18:00:00Z'));
  for (const { raw, receivedAt } of mails) await mailbox.deliver('INBOX', raw, { receivedAt });
  const service = await room.register(mailbox, { formId: 'demo' });
  await room.fetch(service);
  const events = await room.received(service, 'mail.received', mails.length);

  const filled: Record<string, Record<string, unknown>> = {};
  for (const { data } of events) {
    const { mailKey, conversation, preRegistration, headers } = data as MailReceived;
    const preview = await room.call('POST', '/api/forms/demo/preview', { body: { mailKey } });
    assert.deepEqual(preRegistration, conversation.first ? preview.json : null);
    const { formId, formName, fields, missing } = preview.json;
    assert.deepEqual([formId, formName], ['demo', 'Atendimento']);
    const values = Object.fromEntries(
      fields.map(({ id, value }: { id: string; value: unknown }) => [id, value]),
    );
    filled[headers.subject] = values;
    const left = form.fields.map(({ id }) => id).filter(id => !(id in values));
    assert.deepEqual(missing, left);
    const cut = fields.filter(({ truncated }: { truncated?: true }) => truncated);
    assert.deepEqual(
      cut.map(({ id }: { id: string }) => id),
      headers.subject === 'Relato completo' ? ['relato'] : [],
    );
  }
  // The answer and what it answers are one conversation, which one of the two opens.
  const firsts = events.filter(({ data }) => (data as MailReceived).conversation.first);
  assert.equal(firsts.length, mails.length - 1);
  const wanted = Object.entries(expected).map(([subject, own]) => [
    subject,
    { assunto: subject, ...ofAll, ...own },
  ]);
  assert.deepEqual(filled, Object.fromEntries(wanted));
});
