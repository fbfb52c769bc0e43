// The demo: a mailbox with a dozen mails, a service that reads it, and what became of each mail.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoMails } from './demo-mails.ts';
import type { Dovecot } from './mail/dovecot.ts';
import { openMailbox } from './mail/mailbox.ts';
import { tableLines } from './table.ts';

/** Who reads the demo's mailbox. */
export const demoAccount = { user: 'atendimento', password: 'demo' };
/** Where read mail goes. */
export const folder = 'Processados';

/** Calls the app's API as an administrator. */
export type Call = <Json>(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<{ status: number; json: Json }>;

type Page<Item> = { items: Item[] };
type NamedService = { id: string; name: string };
type Status = {
  fetching: boolean;
  lastFetchAt: string | null;
  lastError: { message: string; cure: string } | null;
  counts: { published: number; held: number };
};
type LedgerRecord = {
  id: string;
  from: string;
  subject: string;
  rawSizeBytes: number;
  attachments: number;
  bounce: boolean;
  automatic: boolean;
  loop: boolean;
  parse: string;
  state: string;
  disposal: string;
};

/** Makes the mailbox and its mails, once; later starts find it as it was left. How many mails were delivered. */
export async function fillDemoMailbox(dovecot: Dovecot, caPem: string, dir: string): Promise<number> {
  await dovecot.addUser(demoAccount.user, demoAccount.password);
  const done = join(dir, 'demo-mailbox');
  if (existsSync(done)) return 0;
  const mailbox = await openMailbox({ port: dovecot.ports.imaps, ca: caPem, ...demoAccount });
  await mailbox.createFolder(folder);
  const mails = demoMails(new Date());
  for (const { raw, receivedAt } of mails) await mailbox.deliver('INBOX', raw, { receivedAt });
  await mailbox.close();
  await writeFile(done, '');
  return mails.length;
}

/** Registers the service of the demo's mailbox unless it is there; its id. */
export function registerDemo(call: Call, imaps: number): Promise<Registered> {
  return registerOnce(call, 'Demo', {
    protocol: 'imap',
    address: 'atendimento@demo.example',
    username: demoAccount.user,
    host: 'localhost',
    port: imaps,
    tls: 'implicit',
    afterRead: { action: 'move', folder },
    auth: { type: 'basic', password: demoAccount.password },
  });
}

export type Registered = { id: string; isNew: boolean };

/** What the demo's services name: a group with its hours, and a form. */
const catalog: Record<string, object> = {
  'groups/atendimento': { name: 'Atendimento' },
  'schedules/comercial': {
    name: 'Horário comercial',
    timeZone: 'America/Sao_Paulo',
    week: Object.fromEntries(
      ['mon', 'tue', 'wed', 'thu', 'fri'].map(day => [
        day,
        [
          { from: '08:00', to: '12:00' },
          { from: '13:00', to: '18:00' },
        ],
      ]),
    ),
  },
  'forms/atendimento': {
    name: 'Atendimento',
    language: 'pt-BR',
    fields: [
      { id: 'cliente', label: 'Cliente', type: 'text', source: 'fromName' },
      { id: 'pedido', label: 'Pedido', type: 'number', source: { pattern: '(?i)pedido:? *(\\d+)' } },
      { id: 'recebido', label: 'Recebido', type: 'date', source: 'receivedAt' },
    ],
  },
};

/** Registers a service that reads a mailbox, unless there is one of that name. */
export async function registerOnce(
  call: Call,
  name: string,
  mailbox: object,
  changes: object = {},
): Promise<Registered> {
  const { json: services } = await call<Page<NamedService>>('GET', '/api/services?limit=200');
  const found = services.items.find(service => service.name === name);
  if (found) return { id: found.id, isNew: false };
  for (const [path, body] of Object.entries(catalog)) {
    const made = await call('PUT', `/api/${path}`, body);
    // There already is as good as made.
    if (made.status !== 428) await expect(201, Promise.resolve(made));
  }
  const groups = [{ groupId: 'atendimento', scheduleId: 'comercial' }];
  const body = { name, readFrom: '2020-01-01', formId: 'atendimento', groups, mailbox, ...changes };
  const { json: service } = await expect(201, call<NamedService>('POST', '/api/services', body));
  return { id: service.id, isNew: true };
}

/** Fetches now and waits until the mailbox is worked off. */
export async function fetchDemo(call: Call, id: string): Promise<void> {
  await expect(202, call('POST', `/api/services/${id}/fetch`));
  const asked = new Date().toISOString();
  for (;;) {
    const { json: status } = await call<Status>('GET', `/api/services/${id}/status`);
    const { published, held } = status.counts;
    if (status.lastError) throw new Error(`${status.lastError.message} ${status.lastError.cure}`);
    if (!status.fetching && status.lastFetchAt && (status.lastFetchAt > asked || published + held > 0))
      return;
    await sleep(150);
  }
}

/** What the ledger says of the demo's mails, newest first. */
export async function demoTable(call: Call, id: string): Promise<string[]> {
  const { json: ledger } = await call<Page<LedgerRecord>>('GET', `/api/mails?serviceId=${id}&limit=50`);
  const rows = ledger.items.map(mail => [
    mail.from,
    mail.subject,
    size(mail.rawSizeBytes),
    mail.attachments ? `${mail.attachments}` : '',
    [mail.bounce && 'bounce', mail.automatic && 'automatic', mail.loop && 'loop'].filter(Boolean).join(', '),
    mail.parse === 'ok' ? '' : mail.parse,
    `${mail.state}, ${mail.disposal}`,
  ]);
  const head = ['from', 'subject', 'size', 'att.', 'classified', 'parse', 'state'];
  return tableLines(head, rows, [30, 36, 9, 4, 18, 7, 20]);
}

/** The newest mail of a service in the ledger, in a state if one is wanted, to have something to look at. */
export async function firstMailKey(call: Call, id: string, state?: string): Promise<string | undefined> {
  const filter = state === undefined ? '' : `&state=${state}`;
  const { json: ledger } = await call<Page<LedgerRecord>>(
    'GET',
    `/api/mails?serviceId=${id}&limit=1${filter}`,
  );
  return ledger.items[0]?.id;
}

/** The answer, which must have this status. */
export async function expect<Json>(status: number, answer: Promise<{ status: number; json: Json }>) {
  const { status: got, json } = await answer;
  if (got === status) return { json };
  throw new Error(`The app answered ${got} instead of ${status}: ${JSON.stringify(json)}`);
}

function size(bytes: number): string {
  return bytes < 10_000 ? `${bytes} B` : `${Math.round(bytes / 1000)} kB`;
}
