// What a service is once it was read: its defaults, what is kept in a change, and that all faults are told at once.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { applyMergePatch, type JsonObject } from '../../../shared/domain/merge-patch.ts';
import type { ServiceContext } from '../../../shared/domain/service/context.ts';
import { readServiceDocument, toDocument } from '../../../shared/domain/service/document.ts';
import type { Service } from '../../../shared/domain/service/service.ts';
import { defaultTerms } from '../../../shared/domain/service/survey.ts';
import { context, id, read, refusalOf, serverOf } from './example.ts';

/** The service after a change. */
function change(current: Service, patch: JsonObject, given: Partial<ServiceContext> = {}) {
  const document = applyMergePatch(toDocument(current), patch);
  return readServiceDocument(id, document, {
    ...context,
    current,
    keptSecrets: new Set(['password']),
    ...given,
  });
}

test('what is left out has its default', () => {
  const { service, secrets } = read();
  assert.deepEqual(secrets, { password: 'correct horse' });
  assert.deepEqual(service, {
    id,
    type: 'email',
    name: 'Suporte',
    active: true,
    formId: null,
    survey: { type: 'none' },
    discardDisabled: false,
    approvalRequired: false,
    readFrom: '2026-03-01',
    readFromAt: '2026-03-01T03:00:00.000Z',
    mailbox: {
      protocol: 'imap',
      address: 'suporte@empresa.com.br',
      username: 'suporte@empresa.com.br',
      host: 'imap.empresa.com.br',
      port: 993,
      tls: 'implicit',
      caCertificate: null,
      authservId: null,
      folder: 'INBOX',
      afterRead: { action: 'move', folder: 'Lidos' },
      auth: { type: 'basic' },
      outgoing: null,
    },
    pollSeconds: 60,
    groups: [{ groupId: 'vendas', scheduleId: null }],
  });
});

test('the default port follows the protocol and the kind of TLS', () => {
  const limits = { allowPlaintext: true, allowPrivateHosts: false, extraPorts: [] };
  const portOf = (mailbox: JsonObject) => serverOf(read({ mailbox }, { limits }).service).port;
  const kinds = ['implicit', 'starttls', 'none'];
  assert.deepEqual(
    kinds.map(tls => portOf({ tls })),
    [993, 143, 143],
  );
  const afterRead = { action: 'delete', folder: null };
  assert.deepEqual(
    kinds.map(tls => portOf({ tls, protocol: 'pop3', afterRead })),
    [995, 110, 110],
  );
});

test('what the operator allows is accepted', () => {
  const limits = { allowPlaintext: true, allowPrivateHosts: true, extraPorts: [1143] };
  const { service } = read({ mailbox: { host: '127.0.0.1', port: 1143, tls: 'none' } }, { limits });
  const server = serverOf(service);
  assert.deepEqual([server.host, server.port, server.tls], ['127.0.0.1', 1143, 'none']);
});

test('host and inbox have one spelling, texts are trimmed, empty texts of the survey are the built-in ones', () => {
  const { service } = read({
    name: '  Suporte ',
    mailbox: { host: 'IMAP.Empresa.com.br.', folder: 'Inbox' },
    survey: { type: 'standard', questionText: '', linkText: ' Responda aqui ' },
  });
  assert.equal(service.name, 'Suporte');
  assert.equal(serverOf(service).host, 'imap.empresa.com.br');
  assert.equal(service.mailbox.folder, 'INBOX');
  assert.deepEqual(service.survey, {
    type: 'standard',
    questionText: null,
    linkText: 'Responda aqui',
    commentDisabled: false,
    ...defaultTerms,
  });
});

test('a private authority, a custom survey and deletion after reading are accepted as written', () => {
  const caCertificate = readFileSync(`${import.meta.dirname}/authority.pem`, 'utf8');
  const questions = [
    { id: 'gostou', type: 'csat', text: 'Gostou?', required: true },
    { id: 'por-onde', type: 'choice', text: 'Por onde?', required: false, choices: ['Loja', 'Site'] },
  ];
  const terms = { askAgainAfterDays: 365, expiresAfterDays: 90, changeableHours: 0, alertBelow: 5 };
  const { service } = read({
    mailbox: { caCertificate, afterRead: { action: 'delete', folder: null } },
    survey: { type: 'custom', questions, commentDisabled: true, ...terms },
  });
  assert.equal(serverOf(service).caCertificate, caCertificate);
  assert.deepEqual(service.mailbox.afterRead, { action: 'delete' });
  assert.deepEqual(service.survey, {
    type: 'custom',
    questions,
    commentDisabled: true,
    delivery: 'platform',
    ...terms,
  });
});

test('an inactive service needs no group, and may have a survey before there is an address for it', () => {
  const settings = { timeZone: 'America/Sao_Paulo', publicUrl: null };
  const { service } = read({ active: false, groups: [], survey: { type: 'standard' } }, { settings });
  assert.deepEqual(service.groups, []);
});

test('all faults are told together, also those between members', () => {
  const { code, fields } = refusalOf(() =>
    read(
      {
        name: 5,
        colour: 'red',
        groups: [],
        pollSeconds: 1,
        survey: { type: 'standard', linkText: 'https://x.y' },
        mailbox: { port: 25, folder: 'Lidos', auth: { password: null } },
      },
      { loginHeldBy: 'zzz' },
    ),
  );
  assert.equal(code, 'invalid');
  assert.deepEqual(fields.map(({ field }) => field).toSorted(), [
    'colour',
    'groups',
    'mailbox',
    'mailbox.afterRead.folder',
    'mailbox.auth.password',
    'mailbox.port',
    'name',
    'pollSeconds',
    'survey.linkText',
  ]);
});

test('a document without anything is told everything that is required', () => {
  const { fields } = refusalOf(() => readServiceDocument(id, {}, context));
  assert.deepEqual(
    fields.map(({ field }) => field),
    ['name', 'readFrom', 'mailbox', 'groups'],
  );
});

test('only other services in the way make a conflict; with a fault of its own the document is invalid', () => {
  const held = { nameHeldBy: 'yyy', loginHeldBy: 'zzz' };
  assert.equal(refusalOf(() => read({}, held)).code, 'conflict');
  assert.equal(refusalOf(() => read({ pollSeconds: 1 }, held)).code, 'invalid');
});

test('members that would climb into the prototype are only unknown', () => {
  const patch = JSON.parse('{"__proto__": {"active": false}, "constructor": 1}') as JsonObject;
  const { fields } = refusalOf(() => read(patch));
  assert.deepEqual(
    fields.map(({ field }) => field),
    ['__proto__', 'constructor'],
  );
});

test('a change keeps what it leaves out, clears what is null, and replaces lists', () => {
  const current = read({
    pollSeconds: 300,
    survey: { type: 'custom', questions: [{ type: 'nps', text: '?' }] },
  }).service;
  const { service, secrets } = change(current, {
    name: 'Vendas',
    pollSeconds: null,
    survey: { questions: [{ type: 'ces', text: '!' }] },
  });
  assert.deepEqual(secrets, {});
  assert.deepEqual(service, {
    ...current,
    name: 'Vendas',
    pollSeconds: 60,
    survey: {
      ...current.survey,
      questions: [{ id: 'q-4a4c062f09', type: 'ces', text: '!', required: false }],
    },
  });
});

test('a login or port that was the usual one follows its address or TLS', () => {
  const given = { mailbox: { auth: { password: 'new' } } };
  const current = read().service;
  const moved = change(
    current,
    applyMergePatch(given, { mailbox: { address: 'novo@empresa.com.br', tls: 'starttls' } }),
  );
  assert.equal(moved.service.mailbox.username, 'novo@empresa.com.br');
  assert.equal(serverOf(moved.service).port, 143);
  const own = read({ mailbox: { username: 'login', port: 143 } }).service;
  const kept = change(own, { mailbox: { address: 'novo@empresa.com.br' } });
  assert.deepEqual([kept.service.mailbox.username, serverOf(kept.service).port], ['login', 143]);
  assert.deepEqual(kept.secrets, {});
});

test('the password is not asked for again when the place it goes to stays', () => {
  const { service } = change(read().service, {
    name: 'Outro',
    mailbox: {
      folder: 'Pedidos',
      host: 'IMAP.empresa.com.br',
      port: 993,
      username: 'suporte@empresa.com.br',
    },
  });
  assert.equal(service.mailbox.folder, 'Pedidos');
});

test('a group that became obsolete stays where it is, but is not newly named', () => {
  const obsolete = new Map([['vendas', { id: 'vendas', name: 'Vendas', obsolete: true }]]);
  const current = read().service;
  assert.equal(change(current, { name: 'Outro' }, { groups: obsolete }).service.name, 'Outro');
  assert.deepEqual(
    refusalOf(() => read({}, { groups: obsolete })).fields.map(({ field }) => field),
    ['groups[0].groupId'],
  );
});

test('the date is an instant from when it was written: another time zone moves only a new date', () => {
  const current = read().service;
  const settings = { timeZone: 'Asia/Tokyo', publicUrl: null };
  assert.equal(
    change(current, { name: 'Outro' }, { settings }).service.readFromAt,
    '2026-03-01T03:00:00.000Z',
  );
  assert.equal(
    change(current, { readFrom: '2026-03-02' }, { settings }).service.readFromAt,
    '2026-03-01T15:00:00.000Z',
  );
});
