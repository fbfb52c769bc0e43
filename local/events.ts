// npm run events: follows the events of the local stack as they are published.
// It has a subscription of its own, `follow`, so that the platform misses nothing.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import type { MailReceived, MaloteEvent } from '../schemas/events.d.ts';
import { readArguments, refuse } from './arguments.ts';

const stackFile = '.local/stack.json';
const command = 'npm run events';

/** Every event type has a schema, named by it. */
const types = readdirSync(join(import.meta.dirname, '../schemas')).flatMap(
  name => /^([a-z]+\.[a-z]+)\.schema\.json$/.exec(name)?.[1] ?? [],
);

const help = `Follows the events of the local stack as they are published, from a subscription of their own: the platform misses
nothing. What one run has taken the next does not show, also what --type left out; one at a time. Ctrl-C ends.

Usage: npm run events -- [--type TYPE]... [--json]

  --type TYPE   only events of this type; may be repeated: ${types.join(', ')}
  --json        the whole event, one a line`;

const { values } = readArguments(command, {
  options: {
    type: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const unknown = values.type.find(type => !types.includes(type));
if (values.help) console.log(help);
else if (unknown !== undefined) {
  refuse(command, `--type "${unknown}" is none of ${types.join(', ')}`);
} else await follow(values);

async function follow({ type, json }: { type: string[]; json: boolean }): Promise<void> {
  const connectionString = readConnectionString();
  if (connectionString === undefined) return sayNotRunning();
  if (process.stdout.isTTY) console.log('Waiting for events. Ctrl-C ends.');
  const client = new ServiceBusClient(connectionString, {
    retryOptions: { maxRetries: 0, timeoutInMs: 5_000 },
  });
  const receiver = client.createReceiver('mail-events', 'follow', { receiveMode: 'receiveAndDelete' });
  receiver.subscribe({
    processMessage: async ({ body: event }: { body: MaloteEvent }) => {
      if (type.length > 0 && !type.includes(event.type)) return;
      console.log(json ? JSON.stringify(event) : lineOf(event));
    },
    processError: async () => {
      sayNotRunning();
      // Closing would wait for the connection that is not to be had.
      process.exit();
    },
  });
  process.once('SIGINT', () => void client.close());
}

function readConnectionString(): string | undefined {
  try {
    return JSON.parse(readFileSync(stackFile, 'utf8')).serviceBus.connectionString;
  } catch {
    return undefined;
  }
}

function sayNotRunning(): void {
  console.error('The local stack is not running here. Start it with: npm start');
  process.exitCode = 1;
}

function lineOf(event: MaloteEvent): string {
  const time = new Date(event.time).toLocaleTimeString('en-GB');
  return [time, event.type.padEnd(17), event.subject ?? '', summaryOf(event)].join('  ').trimEnd();
}

function summaryOf(event: MaloteEvent): string {
  if (event.data === undefined) return `(data at ${event.dataref})`;
  switch (event.type) {
    case 'mail.received':
    case 'mail.held':
      return summaryOfMail(event.data as MailReceived);
    case 'service.failing':
      return `${event.data.code}: ${event.data.message}`;
    case 'service.changed':
      return event.data.change;
    default:
      return '';
  }
}

function summaryOfMail({ headers, attachments, classification, delivery }: MailReceived): string {
  const { automatic, bounce, loop } = classification;
  return [
    `"${headers.subject.slice(0, 80)}"`,
    headers.from.flatMap(({ address }) => address || []).join(', '),
    attachments.length > 0 && `${attachments.length} attachment(s)`,
    bounce ? 'bounce' : automatic && 'automatic',
    loop && 'loop',
    delivery.number > 1 && `delivery ${delivery.number}`,
  ]
    .filter(Boolean)
    .join(' · ');
}
