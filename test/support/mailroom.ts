// The whole of Malote on this machine for a scenario: Azure's stand-ins, Dovecot, and the app as a process of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import type { OAuth } from '../../local/mail/dovecot.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import type { MaloteEvent } from '../../schemas/events.d.ts';
import { type TestDovecot, type TestMailbox, useDovecot } from './dovecot.ts';
import { until } from './until.ts';
import { sharedAzuritePort } from './whole-run.ts';
import { startWorker, type Worker } from './worker.ts';

type Json = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
type Answer = { status: number; etag: string; json: any };
type Role = 'Admin' | 'Supervisor' | 'Platform';

export type Mailroom = {
  stack: Stack;
  dovecot: TestDovecot;
  /** The settings that the app was started with. */
  environment: Record<string, string>;
  /** The running app; another one after `restart`. */
  worker: () => Worker;
  /** Starts the app again, after a kill. */
  restart: () => Promise<void>;
  call: (
    method: string,
    path: string,
    options?: { as?: Role; body?: unknown; ifMatch?: string },
  ) => Promise<Answer>;
  /** A GET of the app or of a whole address, as the platform downloads what an event names. */
  download: (address: string) => Promise<Response>;
  /**
   * Registers a service that reads a mailbox; its id. `changes` go into the record, `mailbox` into its mailbox. It is inactive until
   * the first fetch, tick or change that the test asks for: else it would be fetched before the test has begun.
   */
  register: (mailbox: TestMailbox, changes?: Json & { mailbox?: Json }) => Promise<string>;
  /** The same for a service written out; group `support` is there once one was registered. */
  create: (body: Json) => Promise<string>;
  /** Asks for a fetch, and does not wait for it. */
  begin: (serviceId: string) => Promise<void>;
  /** Fetches now, and all continuations of it; how the last one ended. */
  fetch: (serviceId: string) => Promise<string>;
  /** Fetches until one ends so, as the ticks would. */
  fetchUntil: (serviceId: string, outcome: string) => Promise<unknown>;
  /** The same as the timer asks for it: what is in trouble waits for its back-off to end. */
  tick: (serviceId: string) => Promise<string>;
  /** Events taken from the subscription `platform` so far, about one service. */
  events: (serviceId: string) => MaloteEvent[];
  /** W3C trace context that an event came with. */
  traceParentOf: (event: MaloteEvent) => string | undefined;
  /** Waits until so many different events of a type came for a service. */
  received: (serviceId: string, type: string, count: number) => Promise<MaloteEvent[]>;
};

type Options = {
  withoutCapabilities?: string[];
  environment?: Record<string, string>;
  /** Whose tokens open mailboxes too. */
  oauth?: (stack: Stack) => OAuth;
  /** Of the app, unless it is the usual one. */
  entry?: string;
};

/** How long a mailbox at which somebody is at work is left alone. Whoever asks is told at once, and makes as much work as a fetch. */
const betweenTicksMs = 1_000;

/** Call at the top of a test file; everything ends with the file. Without Dovecot nothing is started: see `dovecot.skip`. */
export async function useMailroom({
  withoutCapabilities = [],
  environment = {},
  oauth,
  entry,
}: Options = {}): Promise<Mailroom> {
  const dir = await mkdtemp(join(tmpdir(), 'malote-room-'));
  const stack = await startStack({
    dir,
    ports: { serviceBus: 0, cosmos: 0, blob: 0, entra: 0, graph: 0 },
    tlsDir: resolve(import.meta.dirname, '../../.local/tls'),
    inMemory: true,
    azuritePort: sharedAzuritePort(),
  });
  const dovecot = await useDovecot({ withoutCapabilities, ...(oauth ? { oauth: oauth(stack) } : {}) });
  const settings = {
    ...stack.environment,
    MAIL_ALLOW_PRIVATE_HOSTS: 'true',
    LEASE_SECONDS: '3',
    ...environment,
    MAIL_EXTRA_PORTS: [...Object.values(dovecot.ports), environment.MAIL_EXTRA_PORTS]
      .filter(Boolean)
      .join(','),
  };
  let worker = await startWorker(settings, entry);
  const bus = new ServiceBusClient(stack.serviceBus.connectionString);
  const events: MaloteEvent[] = [];
  const traceParents = new Map<string, string>();
  const receiver = bus.createReceiver('mail-events', 'platform', { receiveMode: 'receiveAndDelete' });
  receiver.subscribe({
    processMessage: async ({ body, applicationProperties }) => {
      events.push(body);
      traceParents.set(body.id, String(applicationProperties?.traceparent));
    },
    processError: async () => {},
  });
  after(async () => {
    await worker.stop();
    await bus.close();
    await stack.close();
    await rm(dir, { recursive: true });
  });

  // Each is good for an hour, and asking for one costs more than most of what is called with it.
  const tokens = new Map<Role, Promise<string>>();
  const tokenOf = (role: Role) => {
    const token = tokens.get(role) ?? stack.entra.token(role);
    tokens.set(role, token);
    return token;
  };
  const call: Mailroom['call'] = async (method, path, { as = 'Admin', body, ifMatch } = {}) => {
    const response = await fetch(worker.url + path, {
      method,
      headers: {
        authorization: `Bearer ${await tokenOf(as)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? '',
      json: text === '' ? undefined : JSON.parse(text),
    };
  };
  /** A service that is changed is fetched at once. */
  const activate = async (serviceId: string) => {
    asleep.delete(serviceId);
    const { etag } = await call('GET', `/api/services/${serviceId}`);
    const change = { body: { active: true }, ifMatch: etag };
    const { status, json } = await call('PATCH', `/api/services/${serviceId}`, change);
    if (status !== 200) throw new Error(`The service was not activated: ${JSON.stringify(json)}`);
  };
  const create = async ({ active = true, ...body }: Json) => {
    const { status, json } = await call('POST', '/api/services', { body: { ...body, active: false } });
    if (status !== 201) throw new Error(`The service was refused: ${JSON.stringify(json)}`);
    if (active) asleep.add(json.id);
    return json.id;
  };
  const begin = async (serviceId: string) => {
    if (asleep.has(serviceId)) return activate(serviceId);
    const { status } = await call('POST', `/api/services/${serviceId}/fetch`);
    if (status !== 202) throw new Error(`The fetch was refused with ${status}`);
  };
  const asleep = new Set<string>();
  const fetchNow = async (serviceId: string) => {
    const before = fetchesOf(serviceId).length;
    await begin(serviceId);
    return fetchEnd(serviceId, before);
  };
  const fetchesOf = (serviceId: string) =>
    worker.facts.filter(fact => fact.event === 'mailbox-fetched' && fact.serviceId === serviceId);
  const fetchEnd = (serviceId: string, before: number) =>
    until(`the fetch of ${serviceId} to end`, () => {
      const last = fetchesOf(serviceId).slice(before).at(-1)?.outcome;
      return last !== undefined && last !== 'continued' && String(last);
    });
  // Asked every few milliseconds: each event is looked into once.
  const looked = new Map<string, { until: number; found: MaloteEvent[] }>();
  const about = (serviceId: string) => {
    const { until, found } = looked.get(serviceId) ?? { until: 0, found: [] };
    found.push(...events.slice(until).filter(event => JSON.stringify(event).includes(serviceId)));
    looked.set(serviceId, { until: events.length, found });
    return [...found];
  };

  return {
    stack,
    dovecot,
    environment: settings,
    worker: () => worker,
    restart: async () => {
      worker = await startWorker(settings, entry);
    },
    call,
    download: async address => {
      const url = new URL(address, worker.url);
      return fetch(worker.url + url.pathname, {
        headers: { authorization: `Bearer ${await tokenOf('Platform')}` },
      });
    },
    register: async (mailbox, { mailbox: mailboxChanges, ...changes } = {}) => {
      await call('PUT', '/api/groups/support', { body: { name: 'Suporte' } });
      return create({
        name: mailbox.user,
        readFrom: '2020-01-01',
        groups: [{ groupId: 'support' }],
        mailbox: {
          protocol: 'imap',
          address: `${mailbox.user}@example.com`,
          username: mailbox.user,
          host: dovecot.host,
          port: dovecot.ports.imaps,
          tls: 'implicit',
          caCertificate: dovecot.authority.caPem,
          afterRead: { action: 'delete' },
          auth: { type: 'basic', password: mailbox.password },
          ...mailboxChanges,
        },
        ...changes,
      });
    },
    create,
    begin,
    fetch: fetchNow,
    fetchUntil: (serviceId, outcome) =>
      until(`a fetch of ${serviceId} to end with ${outcome}`, async () => {
        const ended = await fetchNow(serviceId);
        if (ended === 'busy') await sleep(betweenTicksMs);
        return ended === outcome;
      }),
    tick: async serviceId => {
      if (asleep.has(serviceId)) await activate(serviceId).then(() => fetchEnd(serviceId, 0));
      const before = fetchesOf(serviceId).length;
      await bus.createSender('fetch-mailbox').sendMessages({ body: { serviceId, reason: 'tick' } });
      return fetchEnd(serviceId, before);
    },
    events: about,
    traceParentOf: ({ id }) => traceParents.get(id),
    received: (serviceId, type, count) =>
      until(`${count} events ${type} of ${serviceId}`, () => {
        const found = about(serviceId).filter(event => event.type === type);
        return new Set(found.map(({ id }) => id)).size >= count && found;
      }),
  };
}
