// What an invitation costs: operations and request units of one closed attendance, by what its service asks for.
// Usage: node local/setup.mjs bench/survey-invitation.ts   (seconds; the charges are those of local/cosmos/request-charge.ts)
import { tableLines } from '../local/table.ts';
import { createReference } from '../shared/azure/references-store.ts';
import { auditEntry } from '../shared/domain/audit.ts';
import { registerService } from '../shared/flows/services/register.ts';
import { changeSettings } from '../shared/flows/services/settings.ts';
import { addWebhookSecret, liveWebhookSecrets } from '../shared/flows/services/webhook-secrets.ts';
import { inviteCustomer } from '../shared/flows/surveys/invite.ts';
import { createLog } from '../shared/log.ts';
import { costOf } from './cost.ts';
import { startBench } from './start-stack.ts';

await using opened = new AsyncDisposableStack();
const { stack, clients } = await startBench(opened);

const log = createLog(() => {});
const clock = () => new Date();
const actor = { oid: 'bench', name: 'bench', role: 'Admin' };
const request = { actor, now: clock(), clock, log };
const entry = { id: 'bench', who: actor, action: 'created', kind: 'group', target: 'bench' } as const;
const pending = { audit: auditEntry({ ...entry, changes: [] }, clock()), event: null };
await createReference(
  clients.database.catalog,
  'group',
  { id: 'bench', name: 'Bench', obsolete: false },
  pending,
);
await changeSettings(clients, { publicUrl: 'https://bench.example' }, '*', request);
await addWebhookSecret(clients, request);

const plain = await register('Plain', { type: 'standard' });
const spared = await register('Spared', { type: 'standard', askAgainAfterDays: 30 });
const silent = await register('Silent', { type: 'none' });
// The first makes the key of hashes.
await closed(plain, 'warm');

const rows: string[][] = [];
const row = async (name: string, run: () => Promise<unknown>) => {
  const { figure, operations } = await costOf(stack.cosmos, run);
  rows.push([name, figure, operations]);
};
await row('invited', () => closed(plain, 'one'));
await row('the same again', () => closed(plain, 'one'));
await row('invited, askAgainAfterDays set', () => closed(spared, 'two'));
await row('asked recently', () => closed(spared, 'three'));
await row('no survey', () => closed(silent, 'four'));
await row('of these, the secrets', () => liveWebhookSecrets(clients));
console.log(tableLines(['one attendance', 'RU (requests)', 'operations'], rows, [34, 14, 70]).join('\n'));

async function closed(serviceId: string, attendanceId: string): Promise<void> {
  await liveWebhookSecrets(clients);
  const customer = { address: 'ana@bench.example', name: 'Ana', language: 'pt-BR' };
  const told = { attendanceId, serviceId, mailKey: null, customer, agentId: 'a', groupId: 'bench' };
  await inviteCustomer(clients, { ...told, closedAt: clock().toISOString() }, { now: clock(), clock, log });
}

async function register(name: string, survey: object): Promise<string> {
  const written = {
    name,
    readFrom: '2020-01-01',
    groups: [{ groupId: 'bench' }],
    survey,
    mailbox: {
      protocol: 'imap',
      host: 'imap.bench.example',
      tls: 'implicit',
      address: `${name}@bench.example`,
      afterRead: { action: 'delete' },
      auth: { type: 'basic', password: 'bench' },
    },
  };
  const { value } = await registerService(clients, JSON.parse(JSON.stringify(written)), request);
  return value.service.id;
}
