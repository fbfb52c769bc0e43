// What it costs to decide about very many held mails by the API, a thousand a call: undisturbed, and with the app killed in the middle.
// Usage: node local/setup.mjs bench/decide-held.ts [MAILS]   (10,000 of them unless told; minutes)
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { type App, startApp } from '../local/app.ts';
import { tableLines } from '../local/table.ts';
import { rawPath, writeOnce } from '../shared/azure/blobs.ts';
import { recordMails } from '../shared/azure/ledger.ts';
import type { MailKey, ServiceId } from '../shared/domain/ids.ts';
import { mailKeyOf } from '../shared/domain/mail/key.ts';
import { type LedgerRecord, sha256Hex } from '../shared/domain/mail/ledger-record.ts';
import { readCount } from './command-line.ts';
import { startBench } from './start-stack.ts';

const MAILS = readCount(10_000);

await using opened = new AsyncDisposableStack();
const { dir, stack, clients } = await startBench(opened);

const environment = {
  ...stack.environment,
  MAIL_ALLOW_PRIVATE_HOSTS: 'true',
  'AzureWebJobs.poll-mailboxes.Disabled': 'true',
};
const start = () =>
  startApp({ port: 0, environment, logFile: join(dir, 'app.log'), stateDir: join(dir, 'host') });
let app: App = await start();
opened.defer(() => app.close());

/** How often each mail was published. */
const published = new Map<string, number>();
const bus = new ServiceBusClient(stack.serviceBus.connectionString);
opened.defer(() => bus.close());
bus.createReceiver('mail-events', 'platform', { receiveMode: 'receiveAndDelete' }).subscribe({
  processMessage: async ({ body }) => {
    if (body.type === 'mail.received') published.set(body.id, (published.get(body.id) ?? 0) + 1);
  },
  processError: async () => {},
});

const rows: string[][] = [];
for (const [name, kill] of [
  ['undisturbed', false],
  ['killed in the middle', true],
] as const) {
  const serviceId = await register(name);
  await holdMails(serviceId);
  const figures = await decideAll(serviceId, kill);
  rows.push([name, ...figures]);
  console.error(`${name}: ${figures.join(', ')}`);
}
const head = [
  `${MAILS.toLocaleString('en')} approved`,
  'calls',
  'answered',
  'told',
  'slowest answer',
  'RU (requests) a mail',
  'peak',
];
console.log(tableLines(head, rows, [22, 6, 9, 8, 15, 21, 8]).join('\n'));

/** Approves all that is held, as a person does who has counted it; all figures of it. */
async function decideAll(serviceId: ServiceId, kill: boolean): Promise<string[]> {
  published.clear();
  stack.cosmos.charges.take();
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  let [calls, slowest, isKilled] = [0, 0, !kill];
  const dryRun = { filter: { serviceId }, dryRun: true };
  let { heldBefore } = (await call('POST', '/api/mails/held/approve', dryRun)).json;
  for (let isMore = true; isMore; ) {
    const asked = seconds();
    const answering = call('POST', '/api/mails/held/approve', { filter: { serviceId }, heldBefore }).catch(
      () => undefined,
    );
    calls += 1;
    if (!isKilled && calls > MAILS / 2_000) {
      // Some of the thousand are decided then, and some of these are told.
      const waiting = published.size;
      while (published.size === waiting) await sleep(20);
      process.kill(app.pid, 'SIGKILL');
      await app.ended;
      app = await start();
      isKilled = true;
    }
    const answer = await answering;
    slowest = Math.max(slowest, seconds() - asked);
    isMore = answer?.json.more ?? true;
    if (!answer) heldBefore = (await call('POST', '/api/mails/held/approve', dryRun)).json.heldBefore;
  }
  const answered = seconds();
  // What a person sees meanwhile: how many wait, and how many are on their way.
  for (let told = 0; told < MAILS; ) {
    const { json } = await call('GET', `/api/services/${serviceId}/status`, undefined, 'Admin');
    const { held, approving, published } = json.counts;
    if (published > told)
      console.error(`${seconds().toFixed(0)} s: ${JSON.stringify({ held, approving, published })}`);
    told = published;
    await sleep(5_000);
  }
  const told = seconds();
  const doubled = [...published.values()].filter(count => count > 1).length;
  if (published.size !== MAILS || doubled > 0) {
    throw new Error(`${published.size} of ${MAILS} mails were published, ${doubled} of them more than once`);
  }
  const charged = [...stack.cosmos.charges.take()].filter(
    ([operation]) => !/^(metadata|plan)/.test(operation),
  );
  const sum = (of: 'units' | 'requests') =>
    charged.reduce((total, [, charge]) => total + charge[of], 0) / MAILS;
  const peak = Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${app.pid}/status`, 'utf8'))?.[1]) / 1000;
  return [
    String(calls),
    `${answered.toFixed(0)} s`,
    `${told.toFixed(0)} s`,
    `${slowest.toFixed(1)} s`,
    `${sum('units').toFixed(0)} (${sum('requests').toFixed(1)})`,
    `${peak.toFixed(0)} MB`,
  ];
}

async function call(method: string, path: string, body?: unknown, as: 'Admin' | 'Supervisor' = 'Supervisor') {
  const response = await fetch(app.url + path, {
    method,
    headers: {
      authorization: `Bearer ${await stack.entra.token(as)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
  return { json: JSON.parse(text) };
}

async function register(name: string): Promise<ServiceId> {
  await call('PUT', '/api/groups/bench', { name: 'Bench' }, 'Admin').catch(() => {});
  const host = { protocol: 'imap', host: 'localhost', tls: 'implicit', afterRead: { action: 'delete' } };
  const address = `${name.replaceAll(' ', '-')}@contact.example`;
  const { json } = await call(
    'POST',
    '/api/services',
    {
      name,
      readFrom: '2020-01-01',
      active: false,
      approvalRequired: true,
      groups: [{ groupId: 'bench' }],
      mailbox: { ...host, address, auth: { type: 'basic', password: 'bench' } },
    },
    'Admin',
  );
  return json.id;
}

/** As intake leaves them: a record and a raw each. */
async function holdMails(serviceId: ServiceId): Promise<void> {
  for (let n = 0; n < MAILS; n += 100) {
    const some = Array.from({ length: Math.min(100, MAILS - n) }, (_, index) =>
      heldMail(serviceId, n + index),
    );
    const store = ({ record, raw }: (typeof some)[number]) =>
      writeOnce(clients.mails, rawPath(record.id), { bytes: raw }, { type: 'message/rfc822' });
    await Promise.all(some.map(store));
    await recordMails(
      clients.database.ledger,
      serviceId,
      some.map(({ record }) => ({ record })),
    );
  }
}

function heldMail(serviceId: ServiceId, n: number): { record: LedgerRecord; raw: Buffer } {
  const generation = 'imap/bench/1';
  const id: MailKey = mailKeyOf(serviceId, generation, `${n}`);
  const at = new Date(Date.UTC(2026, 2, 1, 0, 0, n)).toISOString();
  const raw = Buffer.from(
    `From: Ana <ana-${n}@example.net>\r\nSubject: Pedido ${n}\r\nMessage-ID: <${n}@${serviceId}>\r\n\r\n${'Onde está o pedido? '.repeat(50)}\r\n`,
  );
  return {
    raw,
    record: {
      id,
      serviceId,
      kind: 'mail',
      state: 'held',
      disposal: 'deleted',
      source: { generation, id: `${n}` },
      receivedAt: at,
      recordedAt: at,
      heldAt: at,
      heldPlace: `${at} ${id}`,
      snippet: 'Onde está o pedido? '.repeat(10),
      rawSizeBytes: raw.length,
      rawSha256: sha256Hex(raw),
      messageIdSha256: sha256Hex(`<${n}@${serviceId}>`),
      conversationKey: sha256Hex(`${serviceId} ${n}`).slice(0, 32),
      from: `ana-${n}@example.net`,
      subject: `Pedido ${n}`,
      attachments: 0,
      automatic: false,
      bounce: false,
      loop: false,
      parse: 'ok',
    },
  };
}
