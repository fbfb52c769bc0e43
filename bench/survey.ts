// What answers of surveys cost: how many a second with 50 at once, how long the slowest take, and what the database charges for one.
// Usage: node local/setup.mjs bench/survey.ts   (about a minute; the charges are those of local/cosmos/request-charge.ts)
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startApp } from '../local/app.ts';
import { tableLines } from '../local/table.ts';
import { createInvitation } from '../shared/azure/surveys-store.ts';
import type { ServiceId } from '../shared/domain/ids.ts';
import { type Invitation, invitationIdOf } from '../shared/domain/survey/invitation.ts';
import { standardQuestionId } from '../shared/domain/survey/question.ts';
import { tokenOf } from '../shared/flows/surveys/links.ts';
import { startBench } from './start-stack.ts';

const ANSWERS = 1_000;
const AT_ONCE = 50;

await using opened = new AsyncDisposableStack();
const { dir, stack, clients } = await startBench(opened);
const app = await startApp({
  port: 0,
  environment: { ...stack.environment, 'AzureWebJobs.poll-mailboxes.Disabled': 'true' },
  logFile: join(dir, 'app.log'),
  stateDir: join(dir, 'host'),
});
opened.defer(() => app.close());

const { secretKeys } = clients.config;
const links: string[] = [];
for (let n = 0; n < ANSWERS + 2; n += 1) links.push(await invite(n));
const look = (link: string) => fetch(link).then(response => response.text());
const post = async (link: string) => {
  const body = new URLSearchParams({ [`q.${standardQuestionId}`]: '5', comment: 'Tudo certo, obrigada.' });
  const { status } = await fetch(link, { method: 'POST', body, redirect: 'manual' });
  if (status !== 303) throw new Error(`An answer was refused with ${status}`);
};

const [first = '', second = '', ...others] = links;
// The first pays for what is read once: settings, the bus, the code itself.
await look(first);
await post(first);
const toLook = await cost(() => look(second));
const toPost = await cost(() => post(second));

const durationsMs: number[] = [];
const queue = others.values();
const started = performance.now();
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (const link of queue) {
      const begun = performance.now();
      await post(link);
      durationsMs.push(performance.now() - begun);
    }
  }),
);
const seconds = (performance.now() - started) / 1_000;
const sorted = durationsMs.sort((a, b) => a - b);
const rank = (share: number) => `${Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0)} ms`;

const rows = [
  [`answers a second, ${AT_ONCE} at once`, (durationsMs.length / seconds).toFixed(0)],
  ['half of them within', rank(0.5)],
  ['99 of 100 within', rank(0.99)],
  ['the page: RU (requests)', toLook],
  ['an answer, told and noted: RU (requests)', toPost],
];
console.log(tableLines([`${ANSWERS} answers`, 'value'], rows, [42, 12]).join('\n'));

async function invite(n: number): Promise<string> {
  const invitation: Invitation = {
    kind: 'invitation',
    invitationId: invitationIdOf(`bench ${n}`),
    attendanceId: `bench ${n}`,
    serviceId: 'bench' as ServiceId,
    serviceName: 'Bench',
    discardDisabled: false,
    groupId: 'n1',
    agentId: 'ana',
    mailKey: null,
    closedAt: new Date().toISOString(),
    invitedAt: new Date().toISOString(),
    invitedDay: '2026-03-02',
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    changeableHours: 24,
    language: 'pt-BR',
    delivery: 'platform',
    suppressed: null,
    keyId: secretKeys[0]?.id ?? '',
    salt: randomBytes(16).toString('base64url'),
    survey: {
      type: 'standard',
      questions: [{ id: standardQuestionId, type: 'csat', text: null, required: true }],
      commentDisabled: false,
      linkText: null,
    },
    alertBelow: null,
    addressHash: null,
    answer: null,
  };
  await createInvitation(clients.database.surveys, invitation);
  return `${app.url}/s/${tokenOf(secretKeys, invitation)}`;
}

/** Request units and requests, as the database counted them. */
async function cost(run: () => Promise<unknown>): Promise<string> {
  stack.cosmos.charges.take();
  await run();
  const charged = [...stack.cosmos.charges.take()].filter(
    ([operation]) => !/^(metadata|plan)/.test(operation),
  );
  const sum = (of: 'units' | 'requests') => charged.reduce((total, [, charge]) => total + charge[of], 0);
  return `${sum('units').toFixed(0)} (${sum('requests')})`;
}
