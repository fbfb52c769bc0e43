// What results of surveys cost: 100,000 answers of a quarter, read as figures, as pages and as a spreadsheet, and counted.
// Usage: node local/setup.mjs bench/survey-results.ts   (about 6 minutes; the charges are those of local/cosmos/request-charge.ts)
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import entities from '../infra/entities.json' with { type: 'json' };
import { Account } from '../local/cosmos/account.ts';
import { createItem } from '../local/cosmos/items.ts';
import { startCosmos } from '../local/cosmos/server.ts';
import { inTransaction, openStorage } from '../local/cosmos/storage.ts';
import { tableLines } from '../local/table.ts';
import { createAuthority } from '../local/tls.ts';
import { openDatabase } from '../shared/azure/cosmos.ts';
import { listSums } from '../shared/azure/survey-sums-store.ts';
import type { ServiceId } from '../shared/domain/ids.ts';
import type { AnsweredQuestion } from '../shared/domain/survey/answer.ts';
import { addDays } from '../shared/domain/survey/days.ts';
import { type Invitation, invitationIdOf } from '../shared/domain/survey/invitation.ts';
import { exportAnswers, listAnswers } from '../shared/flows/surveys/answers.ts';
import { countLeft } from '../shared/flows/surveys/count.ts';
import { readResults } from '../shared/flows/surveys/results.ts';
import { csvLine } from '../shared/http/csv.ts';
import { createLog } from '../shared/log.ts';
import { answersSheet } from '../shared/pages/answers-sheet.ts';

const ANSWERS = 100_000;
/** Four of five who are asked answer: more silent ones would only take longer to write. */
const INVITATIONS = (5 * ANSWERS) / 4;
const DAYS = 91;
const SERVICES = 10;
const period = { from: '2026-01-01', to: addDays('2026-01-01', DAYS - 1) };

await using opened = new AsyncDisposableStack();
const dir = await mkdtemp(join(tmpdir(), 'malote-results-'));
opened.defer(() => rm(dir, { recursive: true, force: true }));
const file = join(dir, 'cosmos.sqlite');
fill(file);
const { caPem, certPem, keyPem } = await createAuthority(join(dir, 'tls'));
setDefaultCACertificates([...getCACertificates('default'), caPem]);
const tls = { cert: certPem, key: keyPem };
const cosmos = await startCosmos({ port: 0, tls, file, entities: entities.cosmos });
opened.defer(() => cosmos.close());
const { endpoint, key } = cosmos;
const { database, close } = await openDatabase({ endpoint, key, database: entities.cosmos.database });
opened.defer(async () => close());
const clients = { database };
const { surveys } = database;
const log = createLog(() => {});
/** A clock by which everything was written long ago, and that does not end the work of a run. */
const settled = new Date(Date.now() + 120_000);
const context = { clock: () => settled, now: settled, log };

const rows: string[][] = [];
const counted = `all ${DAYS * SERVICES} days of services counted`;
await measure(counted, () => countLeft(clients, context));
if ((await readResults(clients, period, context)).pending > 0) throw new Error('Some days were not counted.');
await measure('a quarter, 10 services', () => readResults(clients, period, context));
await measure('a quarter by week', () => readResults(clients, { ...period, series: 'week' }, context));
await measure('a quarter of an agent', () =>
  readResults(clients, { ...period, agentId: 'agent-7' }, context),
);
await measure('a quarter, one service', () =>
  readResults(clients, { ...period, serviceId: serviceOf(1) }, context),
);
await mark();
await measure('the same, an answer not counted yet', () =>
  readResults(clients, { ...period, serviceId: serviceOf(1) }, context),
);
const wish = { after: undefined, limit: 50, now: settled };
await measure('a page of 50 answers', () => listAnswers(clients, period, wish));
await measure('50 alerts', () => listAnswers(clients, { ...period, alert: true }, wish));
await measure('all answers as a spreadsheet', exportAll);
console.log(
  tableLines(['what', 'seconds', 'RU', 'requests', 'heap MB'], rows, [40, 10, 10, 10, 10]).join('\n'),
);
const bytes = (await listSums(surveys, serviceOf(0), period, 'cells')).map(day => JSON.stringify(day).length);
console.log(`Largest item of sums: ${Math.max(...bytes).toLocaleString('en')} bytes.`);

async function exportAll(): Promise<void> {
  const { questions, answers, scope } = await exportAnswers(clients, period, context);
  const sheet = answersSheet('pt-BR', questions, scope.timeZone);
  let lines = 0;
  for await (const some of answers)
    for (const each of some) lines += csvLine(sheet.row(each), ';').length > 0 ? 1 : 0;
  if (lines !== ANSWERS) throw new Error(`${lines} of ${ANSWERS} answers were exported.`);
}

/** Time, charges and requests as the database counted them, and the largest heap while it ran. */
async function measure(what: string, run: () => Promise<unknown>): Promise<void> {
  cosmos.charges.take();
  globalThis.gc?.();
  let heap = 0;
  const sampling = setInterval(() => {
    heap = Math.max(heap, process.memoryUsage().heapUsed);
  }, 50);
  const started = performance.now();
  await run();
  const seconds = (performance.now() - started) / 1000;
  clearInterval(sampling);
  heap = Math.max(heap, process.memoryUsage().heapUsed);
  const charged = [...cosmos.charges.take()].filter(([name]) => !/^(metadata|plan)/.test(name));
  const sum = (of: 'units' | 'requests') => charged.reduce((total, [, charge]) => total + charge[of], 0);
  const whole = (figure: number) => Math.round(figure).toLocaleString('en');
  rows.push([what, seconds.toFixed(2), whole(sum('units')), whole(sum('requests')), whole(heap / 1e6)]);
}

/** Straight into the stand-in's file: over HTTPS it would take as long as the rest ten times. One invitation marks each day. */
function fill(file: string): void {
  const storage = openStorage(file);
  const account = new Account(storage, Date.now);
  account.ensure(entities.cosmos);
  const into = (container: string) => account.container(entities.cosmos.database, container);
  const marked = new Set<string>();
  inTransaction(storage, () => {
    for (let n = 0; n < SERVICES; n += 1) {
      const id = serviceOf(n);
      const item = { id: `service:${id}`, pk: 'catalog', kind: 'service', service: { id } };
      createItem(into('catalog'), '["catalog"]', item);
    }
    for (let n = 0; n < INVITATIONS; n += 1) {
      const { uncountedSince, ...invitation } = invitationOf(n);
      const days = [invitation.invitedDay, invitation.answer?.answeredDay ?? invitation.invitedDay];
      const isFirst = days.some(day => !marked.has(`${invitation.serviceId} ${day}`));
      for (const day of days) marked.add(`${invitation.serviceId} ${day}`);
      const item = {
        id: 'invitation',
        pk: invitation.invitationId,
        ...invitation,
        ...(isFirst && { uncountedSince }),
      };
      createItem(into('surveys'), JSON.stringify([item.pk]), JSON.parse(JSON.stringify(item)));
    }
  });
  storage.close();
}

/** Marks an invitation of the second service, as a change does. */
async function mark(): Promise<void> {
  const invitation = invitationOf(SERVICES + 1);
  await surveys.items.upsert({ id: 'invitation', pk: invitation.invitationId, ...invitation });
}

function serviceOf(n: number): ServiceId {
  return `bench-${n % SERVICES}` as ServiceId;
}

function invitationOf(n: number): Invitation {
  const random = createHash('sha256').update(`${n}`).digest();
  const of = (index: number, most: number) => (random[index] ?? 0) % most;
  const invitedDay = addDays(period.from, Math.floor((n * (DAYS - 4)) / INVITATIONS));
  const answeredDay = addDays(invitedDay, of(0, 4));
  const answers: AnsweredQuestion[] = [
    {
      questionId: 'satisfaction',
      kind: 'csat',
      question: 'Como você avalia o atendimento?',
      value: 1 + of(1, 5),
    },
    { questionId: 'recommend', kind: 'nps', question: 'Você nos recomendaria?', value: of(2, 11) },
    { questionId: 'solved', kind: 'yesNo', question: 'Seu pedido foi resolvido?', value: of(3, 2) === 0 },
  ];
  const attendanceId = `A-${n}`;
  return {
    kind: 'invitation',
    invitationId: invitationIdOf(attendanceId),
    attendanceId,
    serviceId: serviceOf(n),
    serviceName: 'Bench',
    discardDisabled: false,
    groupId: `group-${of(4, 3)}`,
    agentId: `agent-${of(5, 30)}`,
    mailKey: null,
    closedAt: `${invitedDay}T12:00:00.000Z`,
    invitedAt: `${invitedDay}T12:00:00.000Z`,
    invitedDay,
    expiresAt: `${addDays(invitedDay, 14)}T12:00:00.000Z`,
    changeableHours: 24,
    language: 'pt-BR',
    delivery: 'platform',
    suppressed: null,
    keyId: 'k1',
    salt: randomUUID(),
    survey: {
      type: 'custom',
      questions: answers.map(({ questionId, question }) => ({
        id: questionId,
        type: 'csat',
        text: question,
        required: true,
      })),
      commentDisabled: false,
      linkText: null,
    },
    alertBelow: 2,
    addressHash: null,
    answer:
      n % 5 === 0
        ? null
        : {
            answeredAt: `${answeredDay}T1${of(6, 10)}:${10 + of(7, 50)}:00.000Z`,
            answeredDay,
            changedAt: null,
            changes: 0,
            language: 'pt-BR',
            answers,
            comment: 'Atendimento rápido e atencioso; obrigada.',
            suspect: false,
            alert: of(8, 50) === 0,
          },
    uncountedSince: `${invitedDay}T12:00:00.000Z`,
  };
}
