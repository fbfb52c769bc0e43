// Every rule of the service record: what breaks it, the field that is named, and the words that say so.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { JsonObject } from '../../../shared/domain/merge-patch.ts';
import type { ServiceContext } from '../../../shared/domain/service/context.ts';
import { read, refusalOf } from './example.ts';

type Case = {
  patch: JsonObject;
  field: string;
  /** All of the message, without the field's name before it and the full stop after it. */
  says: string;
  given?: Partial<ServiceContext>;
};

const stored = () => read().service;
const nameCure = 'give the name that people know the service by';
const addressCure = 'give the address of the mailbox, such as suporte@empresa.com.br';
const hostCure = 'give the name of the server, such as imap.empresa.com.br';
const portCure =
  'give one of 110, 143, 993, 995, leave it out for the usual one, or let the operator set MAIL_EXTRA_PORTS';
const dateExample = 'a date such as 2026-03-01, or a date-time such as 2026-03-01T08:00:00-03:00';
const readFromCure = 'give the date from which mail is read, such as 2026-03-01 or 2026-03-01T08:00:00-03:00';
const tlsKinds = '"implicit" (TLS from the start) or "starttls"';
const afterReadCure = 'give {"action": "move", "folder": "..."} or {"action": "delete"}';
const unknown = 'is not a member that is known here; remove it, or correct its spelling';
const control = 'contains a control character, such as a line end; remove it';
const microsoft =
  'is a server of Microsoft 365 or Outlook.com, which no longer accepts passwords (basic authentication); choose auth type "oauth", with an app registered in Entra ID';
const privateHost =
  'is an address of a private network or of this machine; give a public server, or let the operator set MAIL_ALLOW_PRIVATE_HOSTS';
const passwordAgain =
  'must be given again when the host, port, TLS, login or authority changes: a stored secret is never sent to a new place';
const pop3Deletes =
  'must be "delete": POP3 cannot move mail; choose "delete" if mail may leave the server once it is taken in, or choose "imap"';
const deleting = { action: 'delete', folder: null };
const question = (extra: JsonObject, survey: JsonObject = {}): JsonObject => ({
  survey: { type: 'custom', questions: [{ type: 'csat', text: 'Gostou?', ...extra }], ...survey },
});
const mailbox = (change: JsonObject): JsonObject => ({ mailbox: change });

const cases: Case[] = [
  { patch: { type: 'chat' }, field: 'type', says: 'must be "email"' },
  { patch: { name: null }, field: 'name', says: `is required; ${nameCure}` },
  { patch: { name: 7 }, field: 'name', says: `must be a text; ${nameCure}` },
  { patch: { name: '   ' }, field: 'name', says: `is empty; ${nameCure}` },
  { patch: { name: 'x'.repeat(101) }, field: 'name', says: 'is longer than 100 characters; shorten it' },
  { patch: { name: 'a\nb' }, field: 'name', says: control },
  {
    patch: {},
    given: { nameHeldBy: 'zzz' },
    field: 'name',
    says: 'is already the name of the service "zzz"; choose another',
  },
  { patch: { active: 'yes' }, field: 'active', says: 'must be true or false; without it, true' },
  {
    patch: { survey: { type: 'standard' } },
    given: { settings: { timeZone: 'America/Sao_Paulo', publicUrl: null } },
    field: 'active',
    says: 'cannot be true for a service with a survey while publicUrl, the base of survey links, is unset; set it in the general settings (PATCH /api/settings), or set active to false',
  },
  {
    patch: { formId: 'ficha' },
    field: 'formId',
    says: 'names a form that does not exist; create it with PUT /api/forms/{id}, or leave it out for none',
  },
  { patch: { formId: 1 }, field: 'formId', says: 'must be the id of a form; leave it out for none' },
  {
    patch: { discardDisabled: 1 },
    field: 'discardDisabled',
    says: 'must be true or false; without it, false',
  },
  {
    patch: { approvalRequired: 'no' },
    field: 'approvalRequired',
    says: 'must be true or false; without it, false',
  },
  { patch: { colour: 'red' }, field: 'colour', says: unknown },
  { patch: { id: 'mine' }, field: 'id', says: 'is chosen by Malote; leave it out' },
  {
    patch: { readFromAt: '2026-03-01T00:00:00.000Z' },
    field: 'readFromAt',
    says: 'is worked out from readFrom; leave it out',
  },
  { patch: { createdAt: 'x' }, field: 'createdAt', says: 'is set by Malote; leave it out' },
  { patch: { updatedAt: 'x' }, field: 'updatedAt', says: 'is set by Malote; leave it out' },
  {
    patch: { confirm: true },
    field: 'confirm',
    says: 'must be true, in a change that moves readFrom earlier; leave it out',
  },

  { patch: { readFrom: null }, field: 'readFrom', says: `is required; ${readFromCure}` },
  { patch: { readFrom: 20260301 }, field: 'readFrom', says: `must be a text; ${readFromCure}` },
  { patch: { readFrom: 'yesterday' }, field: 'readFrom', says: `is not a date; give ${dateExample}` },
  { patch: { readFrom: '01/03/2026' }, field: 'readFrom', says: `is not a date; give ${dateExample}` },
  {
    patch: { readFrom: '2026-02-30' },
    field: 'readFrom',
    says: 'is a day that the calendar does not have; correct it',
  },
  {
    patch: { readFrom: '2026-03-01T08:00:00' },
    field: 'readFrom',
    says: 'has no offset from UTC, so it could mean many instants; add one, such as -03:00 or Z',
  },
  {
    patch: { readFrom: '2026-03-01T08:00:00 BRT' },
    field: 'readFrom',
    says: `is not a date-time; give ${dateExample}`,
  },

  {
    patch: { survey: { type: 'stars' } },
    field: 'survey.type',
    says: 'must be "none", "standard" or "custom"',
  },
  {
    patch: { survey: 'none' },
    field: 'survey',
    says: 'must be an object with type, such as {"type": "none"}',
  },
  {
    patch: { survey: { type: 'none', commentDisabled: true } },
    field: 'survey.commentDisabled',
    says: 'has no meaning without a survey; clear it with null',
  },
  {
    patch: question({}, { questionText: 'Como foi?' }),
    field: 'survey.questionText',
    says: 'belongs to survey type "standard"; clear it with null',
  },
  {
    patch: question({}, { linkText: 'Responda' }),
    field: 'survey.linkText',
    says: 'belongs to survey type "standard"; clear it with null',
  },
  {
    patch: { survey: { type: 'standard', questions: [] } },
    field: 'survey.questions',
    says: 'belongs to survey type "custom"; clear it with null',
  },
  { patch: { survey: { type: 'standard', stars: 5 } }, field: 'survey.stars', says: unknown },
  {
    patch: { survey: { type: 'standard', questionText: 5 } },
    field: 'survey.questionText',
    says: 'must be a text; leave it out for the built-in one',
  },
  {
    patch: { survey: { type: 'standard', questionText: 'x'.repeat(501) } },
    field: 'survey.questionText',
    says: 'is longer than 500 characters; shorten it',
  },
  {
    patch: { survey: { type: 'standard', linkText: 'x'.repeat(101) } },
    field: 'survey.linkText',
    says: 'is longer than 100 characters; shorten it',
  },
  {
    patch: { survey: { type: 'standard', commentDisabled: 'no' } },
    field: 'survey.commentDisabled',
    says: 'must be true or false; without it, false',
  },
  ...[
    'https://pesquisa.empresa.com.br',
    'Responda em http://x.y',
    'www.empresa.com',
    'empresa.com.br/pesquisa',
    'mailto:a@b.com',
  ].map(linkText => ({
    patch: { survey: { type: 'standard', linkText } },
    field: 'survey.linkText',
    says: 'is an address; give only the words of the link, for the address is made for each invitation',
  })),
  {
    patch: { survey: { type: 'custom' } },
    field: 'survey.questions',
    says: 'is required; give 1 to 20 questions',
  },
  {
    patch: { survey: { type: 'custom', questions: [] } },
    field: 'survey.questions',
    says: 'is empty; give 1 to 20 questions',
  },
  {
    patch: {
      survey: { type: 'custom', questions: Array.from({ length: 21 }, () => ({ type: 'nps', text: '?' })) },
    },
    field: 'survey.questions',
    says: 'has more than 20 questions; remove some',
  },
  {
    patch: question({ type: 'stars' }),
    field: 'survey.questions[0].type',
    says: 'must be "csat", "nps", "ces", "yesNo", "text" or "choice"',
  },
  {
    patch: question({ text: '' }),
    field: 'survey.questions[0].text',
    says: 'is empty; give the question that the customer reads',
  },
  {
    patch: question({ required: 'yes' }),
    field: 'survey.questions[0].required',
    says: 'must be true or false; without it, false',
  },
  {
    patch: question({ choices: ['a', 'b'] }),
    field: 'survey.questions[0].choices',
    says: 'belongs to a question of type "choice"; leave it out',
  },
  {
    patch: question({ type: 'choice' }),
    field: 'survey.questions[0].choices',
    says: 'is required; give 2 to 20 choices',
  },
  {
    patch: question({ type: 'choice', choices: ['a'] }),
    field: 'survey.questions[0].choices',
    says: 'has fewer than 2 choices; add some',
  },
  {
    patch: question({ type: 'choice', choices: Array.from({ length: 21 }, (_, n) => `${n}`) }),
    field: 'survey.questions[0].choices',
    says: 'has more than 20 choices; remove some',
  },
  {
    patch: question({ type: 'choice', choices: ['a', 'a'] }),
    field: 'survey.questions[0].choices',
    says: 'has the same choice twice; remove one',
  },
  {
    patch: question({ type: 'choice', choices: ['a', ''] }),
    field: 'survey.questions[0].choices[1]',
    says: 'is empty; give the words of the choice',
  },

  {
    patch: { mailbox: null },
    field: 'mailbox',
    says: 'is required; give protocol, address, host, tls, afterRead and auth',
  },
  {
    patch: { mailbox: 'imap' },
    field: 'mailbox',
    says: 'must be an object with protocol, address, host, tls, afterRead and auth',
  },
  {
    patch: mailbox({ protocol: 'smtp' }),
    field: 'mailbox.protocol',
    says: 'must be "imap", "pop3" or "graph" (Microsoft 365)',
  },
  ...[{ action: 'move', folder: 'Lidos' }, {}].map(afterRead => ({
    patch: mailbox({ protocol: 'pop3', afterRead }),
    field: 'mailbox.afterRead.action',
    says: pop3Deletes,
  })),
  {
    patch: mailbox({ protocol: 'pop3' }),
    given: { current: stored() },
    field: 'mailbox.afterRead.action',
    says: pop3Deletes,
  },
  {
    patch: mailbox({ protocol: 'pop3', folder: 'Suporte', afterRead: deleting }),
    field: 'mailbox.folder',
    says: 'must be "INBOX": POP3 reads nothing else; leave it out',
  },
  {
    patch: mailbox({ protocol: 'pop3', afterRead: deleting, auth: { password: null } }),
    given: { current: stored() },
    field: 'mailbox.auth.password',
    says: passwordAgain,
  },
  { patch: mailbox({ ignoreCertificate: true }), field: 'mailbox.ignoreCertificate', says: unknown },
  { patch: mailbox({ address: null }), field: 'mailbox.address', says: `is required; ${addressCure}` },
  {
    patch: mailbox({ address: 'suporte' }),
    field: 'mailbox.address',
    says: `is not an e-mail address; ${addressCure}`,
  },
  {
    patch: mailbox({ username: '' }),
    field: 'mailbox.username',
    says: 'is empty; give the login, or leave it out where it is the address',
  },
  { patch: mailbox({ host: null }), field: 'mailbox.host', says: `is required; ${hostCure}` },
  {
    patch: mailbox({ host: 'imaps://imap.empresa.com.br:993/' }),
    field: 'mailbox.host',
    says: `is not a host name; ${hostCure}, without protocol, port or path`,
  },
  {
    patch: mailbox({ host: 'correio.açaí.com.br' }),
    field: 'mailbox.host',
    says: 'must be written as "correio.xn--aa-4iaz.com.br"',
  },
  { patch: mailbox({ host: '127.1' }), field: 'mailbox.host', says: 'must be written as "127.0.0.1"' },
  ...[
    '127.0.0.1',
    '10.0.0.5',
    '172.16.9.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    'fd00::5',
    'fe80::1',
    '::ffff:10.0.0.5',
    '64:ff9b::a00:5',
    'localhost',
    'LOCALHOST.',
    'mail.localhost',
  ].map(host => ({
    patch: mailbox({ host }),
    field: 'mailbox.host',
    says: host === '::ffff:10.0.0.5' ? 'must be written as "::ffff:a00:5"' : privateHost,
  })),
  { patch: mailbox({ host: '::ffff:a00:5' }), field: 'mailbox.host', says: privateHost },
  ...['outlook.office365.com', 'imap-mail.outlook.com', 'outlook.office.com', 'OUTLOOK.OFFICE365.COM'].map(
    host => ({ patch: mailbox({ host }), field: 'mailbox.host', says: microsoft }),
  ),
  {
    patch: mailbox({ port: '993' }),
    field: 'mailbox.port',
    says: `must be a whole number from 1 to 65535; ${portCure}`,
  },
  {
    patch: mailbox({ port: 70000 }),
    field: 'mailbox.port',
    says: `must be a whole number from 1 to 65535; ${portCure}`,
  },
  { patch: mailbox({ port: 22 }), field: 'mailbox.port', says: `is not a mail port; ${portCure}` },
  { patch: mailbox({ tls: null }), field: 'mailbox.tls', says: `is required; give ${tlsKinds}` },
  { patch: mailbox({ tls: true }), field: 'mailbox.tls', says: `must be ${tlsKinds}` },
  {
    patch: mailbox({ tls: 'none' }),
    field: 'mailbox.tls',
    says: `must be ${tlsKinds}: "none" sends the password in the clear, and is possible only where the operator sets MAIL_ALLOW_PLAINTEXT`,
  },
  {
    patch: mailbox({ caCertificate: 5 }),
    field: 'mailbox.caCertificate',
    says: 'must be a text: the certificate of the authority in PEM',
  },
  ...['not PEM', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'].map(caCertificate => ({
    patch: mailbox({ caCertificate }),
    field: 'mailbox.caCertificate',
    says: 'is not a certificate in PEM; give the text from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----',
  })),
  {
    patch: mailbox({ caCertificate: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' }),
    field: 'mailbox.caCertificate',
    says: 'contains a private key; give only the certificate, and consider the key disclosed',
  },
  {
    patch: mailbox({ caCertificate: 'x'.repeat(20_001) }),
    field: 'mailbox.caCertificate',
    says: 'is longer than 20000 characters; give only the certificate of the authority',
  },
  {
    patch: mailbox({ folder: '' }),
    field: 'mailbox.folder',
    says: 'is empty; give the folder that is read, or leave it out for the inbox',
  },
  {
    patch: mailbox({ afterRead: null }),
    field: 'mailbox.afterRead',
    says: `is required; ${afterReadCure}`,
  },
  {
    patch: mailbox({ afterRead: 'delete' }),
    field: 'mailbox.afterRead',
    says: `must be an object; ${afterReadCure}`,
  },
  {
    patch: mailbox({ afterRead: { action: 'archive' } }),
    field: 'mailbox.afterRead.action',
    says: 'must be "move" (to a folder) or "delete"',
  },
  {
    patch: mailbox({ afterRead: { folder: null } }),
    field: 'mailbox.afterRead.folder',
    says: 'is required; give the folder, named exactly as on the server, that mail is moved to',
  },
  {
    patch: mailbox({ afterRead: { action: 'delete' } }),
    field: 'mailbox.afterRead.folder',
    says: 'has no meaning for action "delete"; clear it with null, or choose "move"',
  },
  ...['INBOX', 'Inbox', ' inbox '].map(folder => ({
    patch: mailbox({ afterRead: { folder } }),
    field: 'mailbox.afterRead.folder',
    says: 'is the folder that is read, so its mail would be read again; choose another folder',
  })),
  {
    patch: mailbox({ auth: null }),
    field: 'mailbox.auth',
    says: 'is required; give {"type": "basic", "password": "..."}, or {"type": "oauth", ...} with flow, tenantId, clientId and clientSecret',
  },
  {
    patch: mailbox({ auth: { type: 'token' } }),
    field: 'mailbox.auth.type',
    says: 'must be "basic" (login and password) or "oauth" (Microsoft 365)',
  },
  {
    patch: mailbox({ auth: { clientId: 'x' } }),
    field: 'mailbox.auth.clientId',
    says: 'belongs to auth type "oauth"; clear it with null',
  },
  {
    patch: mailbox({ auth: { passwordSet: true } }),
    field: 'mailbox.auth.passwordSet',
    says: 'only tells whether there is a password; leave it out, and give password to set one',
  },
  {
    patch: mailbox({ auth: { password: null } }),
    field: 'mailbox.auth.password',
    says: 'is required; give the password of the mailbox',
  },
  {
    patch: mailbox({ auth: { password: 5 } }),
    field: 'mailbox.auth.password',
    says: 'must be a text',
  },
  {
    patch: mailbox({ auth: { password: '' } }),
    field: 'mailbox.auth.password',
    says: 'is empty; give the password of the mailbox',
  },
  {
    patch: mailbox({ auth: { password: 'x'.repeat(1001) } }),
    field: 'mailbox.auth.password',
    says: 'is longer than 1000 characters; give the password of the mailbox',
  },
  { patch: mailbox({ auth: { password: 'x\n' } }), field: 'mailbox.auth.password', says: control },
  {
    patch: mailbox({ auth: { password: null } }),
    given: { current: stored(), clearedSecrets: new Set(['password']) },
    field: 'mailbox.auth.password',
    says: 'cannot be cleared; give another one, or leave it out to keep it',
  },
  ...[
    { host: 'imap.outra.com.br' },
    { port: 143 },
    { tls: 'starttls' },
    { username: 'outro' },
    { address: 'outro@empresa.com.br' },
    { caCertificate: readFileSync(`${import.meta.dirname}/authority.pem`, 'utf8') },
  ].map(change => ({
    patch: mailbox({ ...change, auth: { password: null } }),
    given: { current: stored() },
    field: 'mailbox.auth.password',
    says: passwordAgain,
  })),
  {
    patch: {},
    given: { loginHeldBy: 'zzz' },
    field: 'mailbox',
    says: 'is already read by the service "zzz" (same host, login and folder); change that service, or read another folder',
  },
  {
    patch: {},
    given: { returnedBy: 'zzz' },
    field: 'mailbox.afterRead.folder',
    says: 'is read by the service "zzz", which moves its mail back: it would go round for ever; choose another folder',
  },

  ...[30, 3601, 90.5, '60'].map(pollSeconds => ({
    patch: { pollSeconds },
    field: 'pollSeconds',
    says: 'must be a whole number from 60 to 3600; leave it out for 60',
  })),

  {
    patch: { groups: null },
    field: 'groups',
    says: 'is empty, but an active service needs a group; add one, or set active to false',
  },
  { patch: { groups: 'vendas' }, field: 'groups', says: 'must be a list such as [{"groupId": "..."}]' },
  {
    patch: { groups: ['vendas'] },
    field: 'groups[0]',
    says: 'must be an object; give {"groupId": "..."}',
  },
  { patch: { groups: [{}] }, field: 'groups[0].groupId', says: 'is required; give the id of a group' },
  {
    patch: { groups: [{ groupId: 'vendas' }, { groupId: 'vendas' }] },
    field: 'groups[1].groupId',
    says: 'names a group a second time; remove it',
  },
  {
    patch: { groups: [{ groupId: 'compras' }] },
    field: 'groups[0].groupId',
    says: 'names a group that does not exist; create it with PUT /api/groups/{id}',
  },
  {
    patch: { groups: [{ groupId: 'antigo' }] },
    field: 'groups[0].groupId',
    says: 'names an obsolete group; choose another',
  },
  {
    patch: { groups: [{ groupId: 'vendas', scheduleId: 'noturno' }] },
    field: 'groups[0].scheduleId',
    says: 'names a schedule that does not exist; create it with PUT /api/schedules/{id}, or leave it out for always open',
  },
  {
    patch: { groups: [{ groupId: 'vendas', scheduleId: 'de-antes' }] },
    field: 'groups[0].scheduleId',
    says: 'names an obsolete schedule; choose another',
  },
  {
    patch: { groups: [{ groupId: 'vendas', scheduleId: 4 }] },
    field: 'groups[0].scheduleId',
    says: 'must be the id of a schedule; leave it out for always open',
  },
  { patch: { groups: [{ groupId: 'vendas', open: true }] }, field: 'groups[0].open', says: unknown },
  {
    patch: { groups: Array.from({ length: 46 }, (_, n) => ({ groupId: `g${n}` })) },
    field: 'groups',
    says: 'has more than 45 groups; remove some',
  },
];

for (const { patch, given, field, says } of cases) {
  test(`${field} ${says.slice(0, 60)}: ${JSON.stringify(patch).slice(0, 80)}`, () => {
    const kept = given?.current === undefined ? {} : { keptSecrets: new Set(['password'] as const) };
    const { fields } = refusalOf(() => read(patch, { ...kept, ...given }));
    assert.deepEqual(fields, [{ field, message: `${field} ${says}.` }]);
  });
}
