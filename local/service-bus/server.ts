// A stand-in for an Azure Service Bus namespace of the Standard tier: AMQP 1.0 on a socket, messages in SQLite.
// Sessions, transactions, auto-forwarding and rule management are refused. Faults: see fault-points.ts.

import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { EventContext } from 'rhea';
import rhea from 'rhea';
import { Faults } from '../faults.ts';
import { checkPassword, key, keyName } from './authorization.ts';
import type { Broker } from './broker.ts';
import type { ServiceBusEntities } from './entities.ts';
import { openForReceivingClient, openForSendingClient } from './links.ts';
import { Namespace } from './namespace.ts';
import { offerClaims, offerPlain } from './rhea-internals.ts';
import { MessageStore } from './store.ts';

type ServiceBusOptions = {
  /** 0 for any free one. */
  port: number;
  /** The `serviceBus` member of infra/entities.json. */
  entities: ServiceBusEntities;
  /** Where messages are kept; in memory when absent. */
  file?: string;
  /** The time in milliseconds since 1970, for locks, lifetimes, schedules and windows. */
  now?: () => number;
  faults?: Faults;
};

export type ServiceBus = {
  port: number;
  /** For `new ServiceBusClient(...)`; plain TCP, as `UseDevelopmentEmulator=true` asks. */
  connectionString: string;
  faults: Faults;
  close(): Promise<void>;
};

/** How often locks, lifetimes and schedules are looked at. */
const tickMs = 25;

const comingAndGoing = [
  'connection_close',
  'connection_error',
  'disconnected',
  'protocol_error',
  'session_error',
  'receiver_error',
  'sender_error',
];

export async function startServiceBus(options: ServiceBusOptions): Promise<ServiceBus> {
  const { entities, file = ':memory:', now = Date.now, faults = new Faults() } = options;
  const store = new MessageStore(file);
  const namespace = new Namespace(entities, store, now);
  const server = listen({ namespace, faults, authorized: new WeakSet() }, options.port);
  const sockets = new Set<Socket>();
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    welcome(faults, socket);
  });
  await once(server, 'listening').catch(error => {
    store.close();
    throw error;
  });
  const ticking = setInterval(() => namespace.tick(), tickMs);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    connectionString: `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=${keyName};SharedAccessKey=${key};UseDevelopmentEmulator=true;`,
    faults,
    close: async () => {
      clearInterval(ticking);
      server.close();
      sockets.forEach(hangUp);
      await once(server, 'close');
      store.close();
    },
  };
}

function listen(broker: Broker, port: number): Server {
  const container = rhea.create_container({
    tcp_no_delay: true,
    // "modified" is how the client abandons and defers; rhea must not turn it into "released".
    treat_modified_as_released: false,
    receiver_options: {
      autoaccept: false,
      // Read by the client: the limit of createMessageBatch().
      max_message_size: broker.namespace.maxMessageSizeBytes,
    },
  });
  offerClaims(container);
  const isLoggedIn = offerPlain(container, checkPassword);
  container.on('connection_open', ({ connection }: EventContext) => {
    if (isLoggedIn(connection)) broker.authorized.add(connection);
  });
  container.on('receiver_open', ({ receiver }: EventContext) => {
    if (receiver) openForSendingClient(broker, receiver);
  });
  container.on('sender_open', ({ sender }: EventContext) => {
    if (sender) openForReceivingClient(broker, sender);
  });
  // Clients come and go, with and without a word; rhea prints what nobody listens to.
  for (const event of comingAndGoing) container.on(event, () => undefined);
  container.on('error', error => process.emitWarning(error));
  return container.listen({ port, host: '127.0.0.1', max_frame_size: 65_536, idle_time_out: 240_000 });
}

/** The fault point of connecting, below AMQP: `delay` keeps the client waiting, anything else hangs up. */
function welcome(faults: Faults, socket: Socket): void {
  const fault = faults.take('connect');
  if (fault?.action === 'delay') {
    socket.pause();
    setTimeout(() => socket.resume(), fault.delayMs ?? 0).unref();
  } else if (fault) {
    hangUp(socket);
  }
}

/** Only with an error does rhea notice and stop its timers. */
function hangUp(socket: Socket): void {
  socket.destroy(new Error('ended by the local Service Bus'));
}
