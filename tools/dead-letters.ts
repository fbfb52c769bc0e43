// Dead letters of the queues and of the platform's subscription: listed, and with --apply sent again or thrown away.
// Usage: npm run dead-letters -- list|resend|drop, see --help
import { readFileSync } from 'node:fs';
import { DefaultAzureCredential } from '@azure/identity';
import { ServiceBusClient } from '@azure/service-bus';
import { readArguments, refuse } from '../local/arguments.ts';
import { stackFile } from '../local/running.ts';
import {
  type DeadLetter,
  listDeadLetters,
  mostAtOnce,
  places,
  settleDeadLetters,
} from './dead-letter-queue.ts';

const command = 'npm run dead-letters';
const { values, positionals } = readArguments(command, {
  allowPositionals: true,
  options: {
    namespace: { type: 'string' },
    id: { type: 'string', multiple: true, default: [] },
    reason: { type: 'string' },
    all: { type: 'boolean', default: false },
    apply: { type: 'boolean', default: false },
  },
});
const [verb = 'list', name, ...others] = positionals;
if (verb !== 'list' && verb !== 'resend' && verb !== 'drop')
  refuse(command, `It can list, resend and drop, not "${verb}"`);
if (others.length > 0) refuse(command, `One place at a time, not also "${others[0]}"`);
const names = places.map(place => place.name).join(', ');
const wanted = name === undefined ? places : places.filter(place => place.name === name);
if (wanted.length === 0) refuse(command, `"${name}" is none of ${names}`);
const [place] = wanted;
if (verb !== 'list' && (name === undefined || !place)) refuse(command, `Say of which: ${names}`);
const isNarrowed = values.id.length > 0 || values.reason !== undefined;
if (verb !== 'list' && !isNarrowed && !values.all)
  refuse(command, 'Say which: --id MESSAGE-ID, --reason REASON, or --all');

const isMeant = ({ messageId, reason }: DeadLetter) =>
  (values.id.length === 0 || values.id.includes(messageId)) &&
  (values.reason === undefined || reason === values.reason);

const connect = connection();
try {
  if (verb !== 'list' && place && values.apply) {
    const client = connect();
    const settled = await settleDeadLetters(client, place, verb, isMeant).finally(() => client.close());
    tell(place.name, settled);
    console.log(`${settled.length} ${verb === 'resend' ? 'sent again' : 'thrown away'}.`);
  } else {
    for (const each of wanted) {
      const found = (await listDeadLetters(connect, each)).filter(isMeant);
      tell(each.name, found);
      if (verb !== 'list') console.log(`Would ${verb} ${found.length}; to do it: --apply`);
    }
  }
} catch (error) {
  console.error(`Service Bus did not do it: ${(error as Error).message}`);
  process.exitCode = 1;
}

function connection(): () => ServiceBusClient {
  const retryOptions = { maxRetries: 1, timeoutInMs: 20_000 };
  const { namespace } = values;
  if (namespace !== undefined)
    return () => new ServiceBusClient(namespace, new DefaultAzureCredential(), { retryOptions });
  try {
    const { serviceBus } = JSON.parse(readFileSync(stackFile, 'utf8'));
    return () => new ServiceBusClient(serviceBus.connectionString, { retryOptions });
  } catch {
    return refuse(
      command,
      'Name the bus, by --namespace NAME.servicebus.windows.net; the local stack does not run here',
    );
  }
}

/** Ids, reasons and times; a body may hold what a customer wrote. */
function tell(where: string, letters: DeadLetter[]): void {
  const isAll = letters.length < mostAtOnce;
  console.log(`${where}: ${isAll ? letters.length : `the first ${letters.length}`}`);
  for (const { messageId, enqueuedAt, deliveryCount, reason, description } of letters)
    console.log(
      `  ${messageId}  ${enqueuedAt}  ${deliveryCount}x  ${reason}  ${description.slice(0, 120)}`.trimEnd(),
    );
}
