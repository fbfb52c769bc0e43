// The ledger by HTTP: what is shown of a mail to whom, and the mails of one service or of all in pages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { MailKey, ServiceId } from '../../shared/domain/ids.ts';
import { mailKeyOf } from '../../shared/domain/mail/key.ts';
import { type LedgerRecord, sha256Hex } from '../../shared/domain/mail/ledger-record.ts';
import { termsOf } from '../../shared/domain/mail/search-terms.ts';
import { type Answer, type Api, serviceNamed, startApi } from '../http/api.ts';
import { ledgerRecord } from '../support/ledger-record.ts';

let api: Api;
const services: ServiceId[] = [];

before(async () => {
  api = await startApi({}, ['mails']);
  await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
  for (const name of ['Um', 'Dois', 'Três']) services.push(await register(name));
});
after(() => api.close());

async function register(name: string): Promise<ServiceId> {
  const { status, json } = await api.call('POST', '/api/services', { body: serviceNamed(name, 'vendas') });
  assert.equal(status, 201, JSON.stringify(json));
  return json.id;
}

const generation = 'imap/imap.empresa.com.br:993/ana/INBOX/17';

async function record(
  serviceId: ServiceId,
  id: number,
  members: Partial<LedgerRecord> = {},
): Promise<MailKey> {
  const key = mailKeyOf(serviceId, generation, `${id}`);
  const source = { generation, id: `${id}` };
  const receivedAt = new Date(Date.UTC(2026, 10, 1, 0, 0, id)).toISOString();
  await api.database.ledger.items.create(
    ledgerRecord({ id: key, serviceId, source, receivedAt, ...members }),
  );
  return key;
}

/** Without one the last month is asked for. */
const period = 'from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z';

type Listed = { id: string; receivedAt: string };

/** All pages, one after another; `between` happens after each. */
async function pages(query: string, between = async () => {}): Promise<Listed[]> {
  const mails: Listed[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const asked = `${query}&${period}${cursor && `&cursor=${cursor}`}`;
    const page: Answer = await api.call('GET', `/api/mails?${asked}`, {
      as: 'Supervisor',
    });
    assert.equal(page.status, 200, JSON.stringify(page.json));
    mails.push(...page.json.items);
    cursor = page.json.nextCursor;
    await between();
  }
  return mails;
}

test('of a mail everybody sees what it is, and nobody where it was read', async () => {
  const [serviceId] = services;
  const key = await record(serviceId!, 1, {
    state: 'setAside',
    reason: 'Blob Storage refused um/um.1/raw (400).',
    from: 'cliente@exemplo.com',
    subject: 'Pedido',
    messageIdSha256: 'a'.repeat(64),
  });
  for (const as of ['Admin', 'Supervisor', 'Platform'] as const) {
    const { status, json } = await api.call('GET', `/api/mails/${key}`, { as });
    assert.equal(status, 200);
    const { reason, source, ...rest } = json;
    assert.deepEqual(rest, {
      id: key,
      serviceId,
      state: 'setAside',
      disposal: 'pending',
      receivedAt: '2026-11-01T00:00:01.000Z',
      recordedAt: '2026-11-01T00:00:01.000Z',
      from: 'cliente@exemplo.com',
      subject: 'Pedido',
      attachments: 0,
      rawSizeBytes: 1,
      rawSha256: null,
      conversationKey: null,
      automatic: false,
      bounce: false,
      loop: false,
      parse: 'ok',
      life: [{ what: 'setAside', at: '2026-11-01T00:00:01.000Z', ...(as === 'Platform' ? {} : { reason }) }],
    });
    assert.equal(reason === undefined, as === 'Platform');
    assert.deepEqual(source, as === 'Platform' ? undefined : { id: '1' });
    if (as === 'Platform') continue;
    const list = await api.call('GET', `/api/mails?serviceId=${serviceId}`, { as });
    assert.deepEqual(list.json.items, [json]);
  }
  assert.equal((await api.call('GET', '/api/mails', { as: 'Platform' })).status, 403);
  assert.equal((await api.call('GET', `/api/mails/${key.slice(0, -1)}x`)).status, 404);
});

test('mails of all services come newest first, each once, also where many came at one instant', async () => {
  const expected: Listed[] = [];
  for (const [index, serviceId] of services.entries()) {
    for (let n = 0; n < 12; n += 1) {
      // A third at one instant in all services, a third by pairs, the rest each at its own.
      const second = n < 4 ? 500 : n < 8 ? 600 + Math.floor(n / 2) : 700 + n * 3 + index;
      const receivedAt = new Date(Date.UTC(2026, 10, 2, 0, 0, second)).toISOString();
      const id = await record(serviceId, 100 + n, { receivedAt, state: 'held' });
      expected.push({ id, receivedAt });
    }
  }
  expected.sort((a, b) => b.receivedAt.localeCompare(a.receivedAt) || (a.id < b.id ? -1 : 1));
  const ids = (mails: Listed[]) => mails.map(({ id }) => id);
  for (const limit of [2, 5, 36, 200]) {
    assert.deepEqual(ids(await pages(`state=held&limit=${limit}`)), ids(expected), `${limit} a page`);
  }
  const [, second] = services;
  const own = expected.filter(({ id }) => id.startsWith(`${second}.`));
  assert.deepEqual(ids(await pages(`serviceId=${second}&state=held&limit=5`)), ids(own));
});

test('pages go on rightly while mail is taken in and services come and go', async () => {
  const before = await pages('limit=200');
  let taken = 0;
  const seen = await pages('limit=4', async () => {
    taken += 1;
    const receivedAt = new Date(Date.UTC(2026, 10, 20, 0, 0, taken)).toISOString();
    await record(services[taken % 3]!, 1000 + taken, { receivedAt });
    if (taken === 2) services.push(await register('Quatro'));
  });
  assert.deepEqual(seen, before);
});

test('the mails of a deleted service are listed when it is named', async () => {
  const id = await register('Passageiro');
  await record(id, 1);
  assert.equal((await api.call('DELETE', `/api/services/${id}`, { ifMatch: '*' })).status, 204);
  assert.equal((await pages(`serviceId=${id}`)).length, 1);
  assert.ok((await pages('limit=200')).every(mail => !mail.id.startsWith(id)));
});

test('mails are found by sender, words, Message-ID, classification and period', async () => {
  const id = await register('Procurado');
  services.push(id);
  const mail = (n: number, members: Partial<LedgerRecord>) =>
    record(id, n, { ...members, terms: termsOf({ from: '', subject: '', ...members }) });
  const ana = await mail(1, {
    from: 'Ana@Exemplo.com',
    fromName: 'Ana Conceição',
    subject: 'RECLAMAÇÃO: pedido nº 4711',
    messageIdSha256: sha256Hex('<um@exemplo.com>'),
  });
  const bot = await mail(2, { from: 'bot@exemplo.com', subject: 'Pedido recebido', automatic: true });
  const other = await mail(3, { from: 'ana@outro.exemplo.com', subject: 'Sem assunto' });
  for (const [query, found] of [
    ['sender=ana@exemplo.com', [ana]],
    ['sender=exemplo.com', [bot, ana]],
    ['sender=@OUTRO.exemplo.com', [other]],
    ['words=reclamacao', [ana]],
    ['words=Pedido', [bot, ana]],
    ['words=pedido%204711', [ana]],
    ['words=conceicao&sender=exemplo.com', [ana]],
    ['words=exemplo', []],
    ['messageId=%3Cum@exemplo.com%3E', [ana]],
    ['messageId=um@exemplo.com', [ana]],
    ['classification=automatic', [bot]],
    ['classification=person', [other, ana]],
    ['classification=bounce', []],
    ['from=2026-11-01T00:00:02Z', [other, bot]],
    ['from=2026-11-01T00:00:02Z&to=2026-11-01T01:00:03%2B01:00', [bot]],
  ] as const) {
    const { status, json } = await api.call('GET', `/api/mails?serviceId=${id}&${query}`);
    assert.equal(status, 200, JSON.stringify(json));
    assert.deepEqual(
      json.items.map((item: Listed) => item.id),
      found,
      query,
    );
  }
});

test('cursors that no list of mails gave are refused, and so is a service that cannot be', async () => {
  const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const key = `um.${'0'.repeat(64)}`;
  const at = '2026-11-01T00:00:00.000Z';
  const groups = await api.call('GET', '/api/services?limit=1');
  for (const [query, field] of [
    // As they were once: the database's own continuation token, which it refused (500) or Node did not send (503).
    [`cursor=${cursor(['-RID:~x#RT:1#TRC:1'])}`, 'cursor'],
    [`cursor=${cursor(['a\u0000b'])}`, 'cursor'],
    [`cursor=${cursor(['\r\nx: y', key])}`, 'cursor'],
    [`cursor=${cursor([at])}`, 'cursor'],
    [`cursor=${cursor([at, `${key}/`])}`, 'cursor'],
    [`cursor=${cursor(['yesterday', key])}`, 'cursor'],
    [`cursor=${cursor([at, key, 1])}`, 'cursor'],
    [`cursor=${cursor({ 0: at, 1: key })}`, 'cursor'],
    [`cursor=${cursor([key, at])}`, 'cursor'],
    [`cursor=${groups.json.nextCursor}`, 'cursor'],
    ['serviceId=', 'serviceId'],
    ['serviceId=a%2Fb', 'serviceId'],
    [`serviceId=${services[0]}&serviceId=${services[1]}`, 'serviceId'],
    ['state=gone', 'state'],
    ['state=held&state=published', 'state'],
    ['query=x', 'query'],
    ['words=-', 'words'],
    ['classification=spam', 'classification'],
    ['from=yesterday', 'from'],
    ['from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z', 'from'],
    ['from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', 'from'],
    [`serviceId=${services[0]}&from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z`, 'from'],
  ] as const) {
    const { status, json } = await api.call('GET', `/api/mails?${query}`);
    assert.deepEqual([status, json.code, json.errors?.[0].field], [400, 'malformed_parameter', field], query);
  }
  assert.equal((await api.call('GET', `/api/mails?cursor=${cursor([at, key])}`)).status, 200);
});

test('fifty services are merged, and of more one has to be named', async () => {
  const { resource } = await api.database.catalog.item(`service:${services[0]}`, 'catalog').read();
  for (let n = services.length; n < 51; n += 1) {
    const service = { ...resource.service, id: `a${n}` };
    await api.database.catalog.items.create({ ...resource, id: `service:a${n}`, service });
    const answer = await api.call('GET', '/api/mails');
    assert.equal(answer.status, n < 50 ? 200 : 400, `${n + 1} services`);
    if (n < 50) continue;
    assert.deepEqual([answer.json.code, answer.json.errors[0].field], ['malformed_parameter', 'serviceId']);
    assert.match(answer.json.detail, /serviceId must name a service: there are more than 50/);
  }
  assert.equal((await api.call('GET', `/api/mails?serviceId=${services[0]}`)).status, 200);
});
