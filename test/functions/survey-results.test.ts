// Results, answers and their spreadsheet by HTTP, as a supervisor has them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { createInvitation } from '../../shared/azure/surveys-store.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import type { Invitation } from '../../shared/domain/survey/invitation.ts';
import { type Api, type Call, serviceNamed, startApi } from '../http/api.ts';
import { answer } from '../support/answer.ts';
import { invitation } from '../support/invitation.ts';
import { until } from '../support/until.ts';

let api: Api;
let client: ServiceBusClient;
let [sac, vendas] = ['', ''];
const received: ServiceBusReceivedMessage[] = [];
const march = 'from=2026-03-01&to=2026-03-31';

const call = (path: string, { as = 'Supervisor', ...rest }: Call = {}, method = 'GET') =>
  api.call(method, `/api/surveys/${path}`, { as, ...rest });

let attendances = 0;
async function invite(serviceId: string, changes: Partial<Invitation> = {}): Promise<string> {
  attendances += 1;
  const attendanceId = `S-${attendances}`;
  const uncountedSince = '2026-03-03T00:00:00.000Z';
  const made = invitation({ attendanceId, uncountedSince, serviceId: serviceId as ServiceId, ...changes });
  assert.notEqual(await createInvitation(api.database.surveys, made), undefined);
  return made.invitationId;
}

before(async () => {
  api = await startApi({}, ['survey-results', 'audit']);
  client = new ServiceBusClient(api.busConnection);
  client.createReceiver('mail-events', 'platform').subscribe({
    processMessage: async message => void received.push(message),
    processError: async ({ error }) => assert.fail(error),
  });
  await api.call('PUT', '/api/groups/n1', { body: { name: 'N1' } });
  const create = async (name: string): Promise<string> =>
    (await api.call('POST', '/api/services', { body: serviceNamed(name, 'n1') })).json.id;
  [sac, vendas] = [await create('SAC'), await create('Vendas')];
  for (const value of [5, 4, 1]) await invite(sac, { answer: answer(value) });
  await invite(sac, { agentId: 'rui', answer: answer(2, { alert: true, comment: '=1+1; -2' }) });
  await invite(sac, { groupId: 'n2' });
  await invite(sac, { suppressed: 'automatic' });
  await invite(sac, { undeliverableAt: '2026-03-04T00:00:00.000Z' });
  const late = { answeredAt: '2026-03-10T12:00:00.000Z', answeredDay: '2026-03-10' };
  await invite(vendas, { groupId: 'n2', answer: answer(5, late) });
});
after(async () => {
  await client.close();
  await api.close();
});

test('figures have the answer of a second ago, with the same filters above and below', async () => {
  const { status, json } = await call(`results?${march}&serviceId=${sac}`);
  assert.equal(status, 200, JSON.stringify(json));
  assert.deepEqual([json.pending, json.timeZone, json.series], [0, 'America/Sao_Paulo', []]);
  assert.deepEqual([json.responseRate.n, json.responseRate.value, json.undeliverable], [5, 80, 1]);
  assert.deepEqual(json.suppressed, [{ reason: 'automatic', count: 1 }]);
  const [{ questionId, kind, figures }] = json.questions;
  assert.deepEqual([questionId, kind, figures[0].n, figures[0].value], ['satisfaction', 'csat', 4, 50]);
  assert.deepEqual(
    figures[0].distribution.map(({ count }: { count: number }) => count),
    [1, 1, 0, 1, 1],
  );
  const rui = (await call(`results?${march}&agentId=rui`)).json;
  assert.deepEqual([rui.responseRate.n, rui.questions[0].figures[0].value], [1, 0]);
  const n2 = (await call(`results?${march}&groupId=n2`)).json;
  assert.deepEqual([n2.responseRate.n, n2.responseRate.value], [2, 50]);
  await invite(sac, { answer: answer(5) });
  assert.equal((await call(`results?${march}&serviceId=${sac}`)).json.questions[0].figures[0].n, 5);
});

test('all services are one, and a series has scores by the day of the answer and rates by that of the invitation', async () => {
  const { json } = await call(`results?${march}&series=week`);
  assert.equal(json.questions[0].figures[0].n, 6);
  assert.deepEqual(
    json.series.map(({ from }: { from: string }) => from),
    ['2026-03-01', '2026-03-02', '2026-03-09', '2026-03-16', '2026-03-23', '2026-03-30'],
  );
  const [, first, second] = json.series;
  assert.deepEqual([first.responseRate.n, first.questions[0].figures[0].n], [7, 5]);
  assert.deepEqual([second.responseRate.n, second.responseRate.value], [0, null]);
  assert.equal(second.questions[0].figures[0].n, 1);
});

test('answers come newest first, page by page, by what they are', async () => {
  const ids: string[] = [];
  for (let cursor = ''; ; ) {
    const { json } = await call(`answers?${march}&limit=2${cursor && `&cursor=${cursor}`}`);
    ids.push(...json.items.map(({ id }: { id: string }) => id));
    if (json.nextCursor === null) break;
    cursor = json.nextCursor;
  }
  assert.deepEqual([ids.length, new Set(ids).size], [6, 6]);
  const all = (await call(`answers?${march}`)).json.items;
  assert.deepEqual(
    all.map(({ id }: { id: string }) => id),
    ids,
  );
  assert.equal(all[0].answeredAt, '2026-03-10T12:00:00.000Z');
  assert.equal(all[0].salt, undefined);
  for (const [filter, count] of [
    ['alert=true', 1],
    ['alert=false', 5],
    ['suspect=true', 0],
    ['agentId=rui', 1],
    ['groupId=n2', 1],
    [`serviceId=${vendas}`, 1],
    ['serviceId=nobody', 0],
  ] as const)
    assert.equal((await call(`answers?${march}&${filter}`)).json.items.length, count, filter);
  assert.deepEqual((await call('answers?from=2026-03-04&to=2026-03-09')).json.items, []);
});

test('a spreadsheet speaks its language, has a column for each question, and runs nothing', async () => {
  const text = async (query: string, headers: Record<string, string> = {}) => {
    const token = `Bearer ${await api.issuer.token({ roles: ['Supervisor'] })}`;
    const response = await fetch(`${api.url}/api/surveys/answers.csv?${march}${query}`, {
      headers: { authorization: token, ...headers },
    });
    assert.equal(response.status, 200);
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  const { response, bytes } = await text('&lang=pt-BR');
  assert.equal(bytes.subarray(0, 3).toString('hex'), 'efbbbf');
  assert.match(response.headers.get('content-disposition') ?? '', /answers-2026-03-01-2026-03-31\.csv/);
  const lines = bytes.toString().slice(1).trimEnd().split('\r\n');
  assert.equal(lines.length, 7);
  assert.match(lines[0] ?? '', /^"Convite";"Atendimento";.*\[satisfaction\]";"Comentário"$/);
  assert.match(lines[1] ?? '', /;"2026-03-10 09:00:00";;"pt-BR";"Não";"Não";5;$/);
  assert.ok(
    lines.some(line => line.endsWith(`;2;"'=1+1; '-2"`)),
    lines.join('\n'),
  );
  const english = await text('', { 'accept-language': 'en' });
  assert.match(english.bytes.toString(), /^\uFEFF"Invitation","Attendance",/);
  assert.equal(english.response.headers.get('content-language'), 'en');
  assert.equal((await text('&suspect=true&lang=es')).bytes.toString().split('\r\n').length, 2);
});

test('a spreadsheet that has no column for an answer breaks off, and is whole when it is asked for again', async () => {
  const may = { invitedDay: '2026-05-04', serviceId: sac as ServiceId };
  const asked = { questionId: 'new', kind: 'csat', question: 'E a entrega?', value: 4 } as const;
  const given = { answeredAt: '2026-05-04T12:00:00.000Z', answeredDay: '2026-05-04', answers: [asked] };
  // As one that came when the columns had been chosen: no sums know of its question.
  const late = invitation({ ...may, attendanceId: 'late', answer: answer(4, given) });
  await createInvitation(api.database.surveys, late);
  const download = async () =>
    fetch(`${api.url}/api/surveys/answers.csv?from=2026-05-01&to=2026-05-31&lang=pt-BR`, {
      headers: { authorization: `Bearer ${await api.issuer.token({ roles: ['Supervisor'] })}` },
    });
  const broken = await download();
  await assert.rejects(broken.text(), 'it ended as if it were whole');
  await invite(sac, { ...may, answer: answer(4, given) });
  const lines = (await (await download()).text()).trim().split('\r\n');
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /E a entrega\? \[new\]/);
});

test('a suspect answer counts once a supervisor restored it, and the platform and the trail are told once', async () => {
  const id = await invite(vendas, { answer: answer(1, { suspect: true }) });
  const rate = async () => (await call(`results?${march}&serviceId=${vendas}`)).json;
  const suspect = await rate();
  assert.deepEqual([suspect.responseRate.suspect, suspect.responseRate.value], [1, 50]);
  assert.deepEqual([suspect.questions[0].figures[0].n, suspect.questions[0].figures[0].suspect], [1, 1]);
  const restored = await call(`answers/${id}/restore`, {}, 'POST');
  assert.deepEqual([restored.status, restored.json.suspect], [200, false]);
  const again = await call(`answers/${id}/restore`, {}, 'POST');
  assert.deepEqual(again.json, restored.json);
  const counted = await rate();
  assert.deepEqual([counted.responseRate.value, counted.questions[0].figures[0].n], [100, 2]);
  const event = await until('the event', () =>
    received.find(({ messageId }) => messageId === `${id}:changed:1`),
  );
  assert.deepEqual(
    [event.body.type, event.body.data.suspect, event.applicationProperties?.alert],
    ['survey.changed', false, false],
  );
  const trail = await until('the trail', async () => {
    const { json } = await api.call('GET', '/api/audit?kind=answer');
    return json.items.length > 0 && json.items;
  });
  assert.deepEqual(
    trail.map((entry: { action: string; target: string }) => [entry.action, entry.target]),
    [['restored', id]],
  );
  const open = await invite(sac);
  for (const unknown of [open, 'A'.repeat(22), 'x'])
    assert.equal((await call(`answers/${unknown}/restore`, {}, 'POST')).status, 404);
});

test('what is asked wrongly is refused by name, and so is everybody but a supervisor', async () => {
  for (const [query, field] of [
    ['from=2026-03-02&to=2026-03-01', 'from'],
    ['from=2024-01-01&to=2026-03-01', 'from'],
    ['from=2026-02-30', 'from'],
    ['series=year', 'series'],
    ['serviceId=A%20B', 'serviceId'],
  ]) {
    const { status, json } = await call(`results?${query}`);
    assert.deepEqual([status, json.errors[0].field], [400, field], query);
  }
  assert.equal((await call('answers.csv?lang=de')).status, 400);
  assert.equal((await call('results')).json.responseRate.value, null);
  for (const as of ['Admin', 'Platform'] as const)
    for (const path of ['results', 'answers', 'answers.csv'])
      assert.equal((await call(path, { as })).status, 403);
});
