// The webhook: an attendance is closed, and its customer has one invitation whatever is called how often.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findAsked, noteAsked, noteOptedOut } from '../../shared/azure/people-store.ts';
import { findInvitation, replaceInvitation } from '../../shared/azure/surveys-store.ts';
import type { MailKey, ServiceId } from '../../shared/domain/ids.ts';
import type { LedgerRecord } from '../../shared/domain/mail/ledger-record.ts';
import { type Invitation, type InvitationId, invitationIdOf } from '../../shared/domain/survey/invitation.ts';
import { surveyAddressHash } from '../../shared/flows/surveys/address-hash.ts';
import { findByToken } from '../../shared/flows/surveys/links.ts';
import { serviceNamed, startApi } from '../http/api.ts';
import { ledgerRecord } from '../support/ledger-record.ts';
import { signedHeaders } from '../support/signed.ts';

const api = await startApi({}, ['webhook-secrets', 'attendances', 'invitations']);
after(() => api.close());
const { surveys, ledger } = api.database;
const secretKeys = [2, 1].map(n => ({ id: `k${n}`, key: Buffer.alloc(32, n) }));
const app = { config: { secretKeys } as never, database: api.database };
const publicUrl = 'https://pesquisa.example';
const address = '/api/webhook/attendances/closed';
let secret = '';
let attendances = 0;
let services = 0;

type Body = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
type Answer = { status: number; headers: Headers; json: any };

async function post(body: string, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(api.url + address, { method: 'POST', headers, body });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

/** Closes an attendance; another one each time, unless told which. */
function close(serviceId: string, body: Body = {}): Promise<Answer> {
  attendances += 1;
  const text = JSON.stringify({
    attendanceId: `A-${attendances}`,
    serviceId,
    closedAt: '2026-03-02T17:59:00-03:00',
    ...body,
  });
  return post(text, signedHeaders(text, secret));
}

/** A service that asks, unless told otherwise; its id. */
async function service(survey: Body = { type: 'standard' }, changes: Body = {}): Promise<string> {
  services += 1;
  const body = { ...serviceNamed(`Serviço ${services}`, 'vendas'), survey, ...changes };
  const { status, json } = await api.call('POST', '/api/services', { body });
  assert.equal(status, 201, JSON.stringify(json));
  return json.id;
}

/** A mail in the ledger of a service; its key. */
async function mail(serviceId: string, members: Partial<LedgerRecord> = {}): Promise<string> {
  attendances += 1;
  const id = `${serviceId}.${String(attendances).padStart(64, '0')}` as MailKey;
  const source = { generation: 'imap/x', id: String(attendances) };
  const receivedAt = '2026-03-02T12:00:00.000Z';
  const from = 'ana@exemplo.com.br';
  await ledger.items.create(
    ledgerRecord({ id, serviceId: serviceId as ServiceId, source, receivedAt, from, ...members }),
  );
  return id;
}

async function kept(id: string): Promise<Invitation> {
  const found = await findInvitation(surveys, id as InvitationId);
  assert.ok(found?.value.kind === 'invitation');
  return found.value;
}

const fieldsOf = ({ json }: Answer) => json.errors.map(({ field }: { field: string }) => field);

before(async () => {
  await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
  secret = (await api.call('POST', '/api/settings/webhook-secrets')).json.secret;
  // Before there is an address for links.
  const early = await service(undefined, { active: false });
  const refused = await close(early);
  assert.equal(refused.status, 409);
  assert.deepEqual(fieldsOf(refused), ['publicUrl']);
  assert.match(refused.json.detail, /PATCH \/api\/settings/);
  const { etag } = await api.call('GET', '/api/settings');
  const named = { publicUrl, branding: { name: 'Loja & Cia' } };
  assert.equal((await api.call('PATCH', '/api/settings', { ifMatch: etag, body: named })).status, 200);
});

describe('a call that is not signed', () => {
  test('is refused without a hint, whatever is wrong with it', async () => {
    const id = await service();
    const text = JSON.stringify({ attendanceId: 'A-x', serviceId: id, closedAt: '2026-03-02T17:59:00Z' });
    const signed = signedHeaders(text, secret);
    const token = await api.issuer.token({ roles: ['Platform'] });
    const other = `whsec_${Buffer.alloc(32).toString('base64')}`;
    const answers = await Promise.all([
      post(text, { 'content-type': 'application/json' }),
      post(text, { 'content-type': 'application/json', authorization: `Bearer ${token}` }),
      post(`${text} `, signed),
      post('{', signedHeaders(text, secret)),
      post(text, signedHeaders(text, other)),
      post(text, signedHeaders(text, secret, new Date(Date.now() - 310_000))),
      post(text, signedHeaders(text, secret, new Date(Date.now() + 310_000))),
    ]);
    for (const { status, headers, json } of answers) {
      assert.equal(status, 401);
      assert.equal(headers.get('content-type'), 'application/problem+json');
      assert.equal(headers.get('www-authenticate'), 'Webhook-Signature realm="malote"');
      assert.equal(json.detail, 'The call is not signed as it has to be.');
      assert.deepEqual(Object.keys(json).toSorted(), ['code', 'detail', 'instance', 'status', 'title']);
    }
    assert.equal(await findInvitation(surveys, invitationIdOf('A-x')), undefined);
  });

  test('is refused when it is large, before anybody looks at it', async () => {
    const text = JSON.stringify({ attendanceId: 'x'.repeat(20_000) });
    assert.equal((await post(text, signedHeaders(text, secret))).status, 413);
  });
});

test('a signed call is still told what is wrong in it', async () => {
  const text = '{"attendanceId":';
  assert.equal((await post(text, signedHeaders(text, secret))).status, 400);
  const form = { ...signedHeaders(text, secret), 'content-type': 'text/plain' };
  assert.equal((await post(text, form)).status, 415);
  const id = await service();
  const cases: [body: Body, fields: string[]][] = [
    [{ attendanceId: '' }, ['attendanceId']],
    [{ attendanceId: 'x'.repeat(201) }, ['attendanceId']],
    [{ serviceId: 'nobody' }, ['serviceId']],
    [{ serviceId: 'No Service' }, ['serviceId']],
    [{ mailKey: 'x' }, ['mailKey']],
    [{ mailKey: `${id}.${'f'.repeat(64)}` }, ['mailKey']],
    [{ mailKey: await mail('outro') }, ['mailKey']],
    [{ customer: { address: 'ana' } }, ['customer.address']],
    [{ customer: { language: 'português' } }, ['customer.language']],
    [{ customer: 'ana' }, ['customer']],
    [{ agentId: 'x'.repeat(101), groupId: 'a|b' }, ['agentId', 'groupId']],
    [{ closedAt: '2026-03-02' }, ['closedAt']],
    [{ closedAt: new Date(Date.now() + 310_000).toISOString() }, ['closedAt']],
    [{ csat: 5 }, ['csat']],
  ];
  for (const [body, fields] of cases) {
    const answer = await close(id, body);
    assert.equal(answer.status, 422, JSON.stringify([body, answer.json]));
    assert.deepEqual(fieldsOf(answer), fields);
  }
  const soon = new Date(Date.now() + 200_000).toISOString();
  assert.equal((await close(id, { closedAt: soon })).status, 201);
});

describe('an invitation', () => {
  test('is made with what holds at that moment, and answered with a link and what can be sent', async () => {
    const id = await service({
      type: 'standard',
      questionText: 'Gostou?',
      expiresAfterDays: 3,
      changeableHours: 2,
      alertBelow: 3,
    });
    const customer = { address: 'Ana@Exemplo.com.br ', name: 'Ana <b>', language: 'es-MX' };
    const { status, json } = await close(id, {
      attendanceId: 'A-whole',
      customer,
      agentId: 'bia',
      groupId: 'não há mais',
    });
    assert.equal(status, 201);
    const invitation = await kept(json.invitationId);
    assert.deepEqual(
      [invitation.survey, invitation.changeableHours, invitation.alertBelow, invitation.delivery],
      [
        {
          type: 'standard',
          questions: [{ id: 'satisfaction', type: 'csat', text: 'Gostou?', required: true }],
          commentDisabled: false,
          linkText: null,
        },
        2,
        3,
        'platform',
      ],
    );
    assert.deepEqual(
      [json.state, json.suppressed, json.language, json.closedAt, json.agentId, json.groupId, json.mailKey],
      ['open', null, 'es', '2026-03-02T20:59:00.000Z', 'bia', 'não há mais', null],
    );
    assert.equal(Date.parse(json.expiresAt) - Date.parse(json.invitedAt), 3 * 86_400_000);
    assert.equal(invitation.addressHash, await surveyAddressHash(app, 'ana@exemplo.com.br'));
    assert.ok(!JSON.stringify(invitation).toLowerCase().includes('ana@exemplo'));
    assert.ok(json.link.startsWith(`${publicUrl}/s/${json.invitationId}`));
    assert.equal(
      (await findByToken(app, json.link.split('/').at(-1), new Date()))?.value.attendanceId,
      'A-whole',
    );
    // The event has gone out, and figures are to take it in.
    assert.equal(invitation.untold, undefined);
    assert.equal(invitation.uncountedSince, invitation.invitedAt);
    const { subject, text, html } = json.invitation;
    assert.ok(subject.startsWith('Loja & Cia') && text.includes(json.link) && text.includes('Ana <b>'));
    assert.ok(
      html.includes('Loja &amp; Cia') && html.includes('Ana &lt;b&gt;') && html.includes(`${json.link}?r=5`),
    );
    for (const hidden of [json.link.split('/s/')[1].slice(22), invitation.salt]) {
      assert.ok(!JSON.stringify(invitation).includes(`${json.link.split('/s/')[1]}`));
      assert.ok(!api.logged().includes(hidden));
    }
  });

  test('is answered again as it was made, whatever is told of the attendance then', async () => {
    const id = await service();
    const first = await close(id, { attendanceId: 'A-twice', customer: { language: 'en', name: 'Ana' } });
    const again = await close('nobody', {
      attendanceId: 'A-twice',
      mailKey: `nobody.${'0'.repeat(64)}`,
      agentId: 'outro',
    });
    assert.deepEqual([first.status, again.status], [201, 200]);
    assert.deepEqual(again.json, first.json);
  });

  test('is one, of a hundred calls at once', async () => {
    const id = await service({ type: 'standard', askAgainAfterDays: 30 });
    const customer = { address: 'cem@exemplo.com.br' };
    const calls = Array.from({ length: 100 }, (_, n) =>
      close(id, { attendanceId: 'A-hundred', agentId: `agent ${n}`, customer }),
    );
    const answers = await Promise.all(calls);
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    assert.equal(answers.filter(({ status }) => status === 200).length, 99);
    assert.equal(new Set(answers.map(({ json }) => `${json.link} ${json.agentId} ${json.state}`)).size, 1);
  });

  test('asks whom the mail was with, though a form had sent it, and the sender of an older record', async () => {
    const id = await service();
    const hashOf = async (mailKey: string) =>
      (await kept((await close(id, { mailKey })).json.invitationId)).addressHash;
    const form = await mail(id, { from: 'form@loja.example', correspondent: 'bia@exemplo.com.br' });
    assert.equal(await hashOf(form), await surveyAddressHash(app, 'bia@exemplo.com.br'));
    assert.equal(await hashOf(await mail(id)), await surveyAddressHash(app, 'ana@exemplo.com.br'));
    assert.equal(await hashOf(await mail(id, { from: '' })), null);
    const named = await close(id, { mailKey: form, customer: { address: 'eva@exemplo.com.br' } });
    assert.equal(
      (await kept(named.json.invitationId)).addressHash,
      await surveyAddressHash(app, 'eva@exemplo.com.br'),
    );
  });

  test('speaks the language of the customer, or else the usual one', async () => {
    const id = await service({ type: 'custom', questions: [{ type: 'nps', text: 'Recomendaria?' }] });
    const languages = [];
    for (const language of ['pt', 'pt_PT', 'EN-us', 'es-419', 'fr', undefined, null])
      languages.push((await close(id, { customer: { language } })).json.language);
    assert.deepEqual(languages, ['pt-BR', 'pt-BR', 'en', 'es', 'pt-BR', 'pt-BR', 'pt-BR']);
  });

  test('is made of an inactive service, too, and not of one that is gone', async () => {
    const id = await service(undefined, { active: false });
    assert.equal((await close(id)).status, 201);
    const { etag } = await api.call('GET', `/api/services/${id}`);
    assert.equal((await api.call('DELETE', `/api/services/${id}`, { ifMatch: etag })).status, 204);
    const gone = await close(id);
    assert.deepEqual([gone.status, fieldsOf(gone)], [422, ['serviceId']]);
  });
});

describe('nobody is asked, and that is written down', () => {
  const suppressedBy = async (answer: Promise<Answer>) => {
    const { status, json } = await answer;
    assert.deepEqual([status, json.link, json.invitation], [200, null, null], JSON.stringify(json));
    const { untold, uncountedSince, invitedAt } = await kept(json.invitationId);
    assert.deepEqual([untold, uncountedSince], [undefined, invitedAt]);
    const again = await close('nobody', { attendanceId: json.attendanceId });
    assert.deepEqual([again.status, again.json], [200, json]);
    return [json.state, json.suppressed];
  };

  test('where the service has no survey', async () => {
    const id = await service({ type: 'none' });
    assert.deepEqual(await suppressedBy(close(id)), ['suppressed', 'no_survey']);
  });

  test('after an attendance that was discarded, and after automatic mail', async () => {
    const id = await service();
    const discard = {
      id: 'x',
      action: 'discarded',
      who: { oid: 'o', name: 'n', role: 'Platform' },
      at: '2026-03-02T12:00:00.000Z',
      reason: null,
    } as const;
    const cases: [Partial<LedgerRecord>, string][] = [
      [{ discard, automatic: true }, 'discarded'],
      [{ automatic: true }, 'automatic'],
      [{ bounce: true }, 'automatic'],
      [{ loop: true }, 'automatic'],
    ];
    for (const [members, reason] of cases) {
      const mailKey = await mail(id, members);
      assert.deepEqual(await suppressedBy(close(id, { mailKey })), ['suppressed', reason]);
    }
  });

  test('who wishes not to be, by any service', async () => {
    const hash = await surveyAddressHash(app, 'nunca@exemplo.com.br');
    await noteOptedOut(surveys, hash, '2026-03-02T12:00:00.000Z');
    const id = await service({ type: 'standard', askAgainAfterDays: 30 });
    const customer = { address: 'Nunca@exemplo.com.br' };
    assert.deepEqual(await suppressedBy(close(id, { customer })), ['suppressed', 'opted_out']);
    assert.equal(await findAsked(surveys, hash, id as ServiceId), undefined);
  });

  test('who was asked by the same service so few days before', async () => {
    const id = await service({ type: 'standard', askAgainAfterDays: 30 });
    const customer = { address: 'fiel@exemplo.com.br' };
    assert.equal((await close(id, { customer })).status, 201);
    assert.deepEqual(await suppressedBy(close(id, { customer })), ['suppressed', 'asked_recently']);
    assert.equal(
      (await close(await service({ type: 'standard', askAgainAfterDays: 30 }), { customer })).status,
      201,
    );
    const addressHash = await surveyAddressHash(app, customer.address);
    const before = await findAsked(surveys, addressHash, id as ServiceId);
    const askedAt = new Date(Date.now() - 31 * 86_400_000).toISOString();
    assert.ok(
      before &&
        (await noteAsked(
          surveys,
          { addressHash, serviceId: id as ServiceId },
          { ...before.value, askedAt },
          before.etag,
        )),
    );
    assert.equal((await close(id, { customer })).status, 201);
  });

  test('of many attendances of one customer that are closed at once, one asks', async () => {
    const id = await service({ type: 'standard', askAgainAfterDays: 1 });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => close(id, { customer: { address: 'oito@exemplo.com.br' } })),
    );
    const asked = answers.filter(({ status }) => status === 201);
    const others = answers.filter(({ json }) => json.suppressed === 'asked_recently');
    assert.deepEqual([asked.length, others.length], [1, 7]);
  });
});

test('the platform reads an invitation with its link, a supervisor without, nobody else at all', async () => {
  const id = await service();
  const { json } = await close(id, { attendanceId: 'A/1 ?' });
  const { link, invitation: _ready, ...view } = json;
  const one = `/api/surveys/invitations/${json.invitationId}`;
  const of = `/api/surveys/invitations?attendanceId=${encodeURIComponent('A/1 ?')}`;
  assert.deepEqual((await api.call('GET', one, { as: 'Platform' })).json, { ...view, link });
  assert.deepEqual((await api.call('GET', one, { as: 'Supervisor' })).json, view);
  assert.deepEqual((await api.call('GET', of, { as: 'Supervisor' })).json, {
    items: [view],
    nextCursor: null,
  });
  assert.equal((await api.call('GET', one, { as: 'Admin' })).status, 403);
  const none = await api.call('GET', '/api/surveys/invitations?attendanceId=none', { as: 'Platform' });
  assert.deepEqual(none.json.items, []);
  for (const [path, status] of [
    [`${one}x`, 404],
    [`/api/surveys/invitations/${'A'.repeat(22)}`, 404],
    ['/api/surveys/invitations', 400],
  ] as const)
    assert.equal((await api.call('GET', path, { as: 'Platform' })).status, status);

  const found = await findInvitation(surveys, json.invitationId);
  const { serviceId, groupId, agentId, invitedDay, suppressed, invitationId } = await kept(json.invitationId);
  const left = { kind: 'forgotten', forgottenAt: '2026-03-02T12:00:00.000Z', answer: null } as const;
  await replaceInvitation(
    surveys,
    { ...left, serviceId, groupId, agentId, invitedDay, suppressed, invitationId },
    found?.etag ?? '',
  );
  const again = await close(id, { attendanceId: 'A/1 ?' });
  assert.deepEqual(
    [again.status, again.json.state, again.json.link, again.json.attendanceId],
    [200, 'forgotten', null, null],
  );
});
