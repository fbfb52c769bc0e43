// $management of an entity: peek, lock renewal, scheduling, deferred messages.
// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response

import type { Connection, Message } from 'rhea';
import rhea from 'rhea';
import type { Broker } from './broker.ts';
import { underFaults } from './fault-points.ts';
import { decodeMessage, encodeMessage, outgoingMessage } from './message.ts';
import type { Namespace } from './namespace.ts';
import type { Outcome } from './queue.ts';
import { noToken, notImplemented, toRefusal } from './refusal.ts';
import { reply } from './reply.ts';
import type { StoredMessage } from './store.ts';
import { bytesOfLockToken, lockTokenOfBytes, numberOfLong } from './wire.ts';

const { types } = rhea;
const long = 0x81;
const timestamp = 0x83;

type Body = Record<string, unknown>;
type Operation = (namespace: Namespace, address: string, body: Body) => Body;

const operations: Record<string, Operation> = {
  'renew-lock': (namespace, address, body) => {
    const queue = namespace.getQueue(address);
    const expirations = lockTokens(body).map(lockToken => queue.renewLock(lockToken));
    return { expirations: types.wrap_array(expirations, timestamp, undefined) };
  },
  'peek-message': (namespace, address, body) => {
    const from = numberOfLong(body['from-sequence-number']);
    const messages = namespace.getQueue(address).peek(from, Number(body['message-count']));
    return { messages: messages.map(message => ({ message: encodeMessage(outgoingMessage(message)) })) };
  },
  'schedule-message': (namespace, address, body) => {
    const messages = (body.messages as { message: Buffer }[]).map(({ message }) => decodeMessage(message));
    const sequenceNumbers = namespace.getTarget(address).send(messages);
    return { 'sequence-numbers': types.wrap_array(sequenceNumbers, long, undefined) };
  },
  'cancel-scheduled-message': (namespace, address, body) => {
    namespace.getTarget(address).cancelScheduled(sequenceNumbers(body));
    return {};
  },
  'receive-by-sequence-number': (namespace, address, body) => {
    // Receiver settle mode "first" (0) is receive-and-delete, "second" (1) is peek-lock.
    const deletes = body['receiver-settle-mode'] === 0;
    const messages = namespace.getQueue(address).receiveDeferred(sequenceNumbers(body), deletes);
    return { messages: messages.map(received) };
  },
  'update-disposition': (namespace, address, body) => {
    const queue = namespace.getQueue(address);
    for (const lockToken of lockTokens(body)) queue.settle(lockToken, outcomeOf(body));
    return {};
  },
};

export async function manage(
  broker: Broker,
  connection: Connection,
  address: string,
  request: Message,
): Promise<void> {
  try {
    if (!broker.authorized.has(connection)) throw noToken();
    const name = String(request.application_properties?.operation).replace('com.microsoft:', '');
    const operation = operations[name];
    if (!operation) throw notImplemented(`The operation "${name}" is not supported here.`);
    const work = () => operation(broker.namespace, address, (request.body ?? {}) as Body);
    const answer = (body: Body) => {
      const isEmpty = Array.isArray(body.messages) && body.messages.length === 0;
      const statusCode = types.wrap_int(isEmpty ? 204 : 200);
      reply(connection, request, { statusCode, statusDescription: 'OK' }, body);
    };
    await underFaults(broker.faults, `${name} ${address}`, connection, work, answer);
  } catch (error) {
    const { status, condition, message } = toRefusal(error);
    const statusCode = types.wrap_int(status);
    const errorCondition = types.wrap_symbol(condition);
    reply(connection, request, { statusCode, statusDescription: message, errorCondition });
  }
}

function lockTokens(body: Body): string[] {
  return (body['lock-tokens'] as Buffer[]).map(lockTokenOfBytes);
}

function sequenceNumbers(body: Body): number[] {
  return (body['sequence-numbers'] as unknown[]).map(numberOfLong);
}

function received(stored: StoredMessage): Body {
  const message = encodeMessage(outgoingMessage(stored));
  if (stored.lockToken === null) return { message };
  return { message, 'lock-token': types.wrap_uuid(bytesOfLockToken(stored.lockToken)) };
}

/** "defered" and "suspended" (dead-lettered) are the protocol's own words. */
const outcomeKinds: Record<string, Outcome['kind']> = {
  completed: 'complete',
  abandoned: 'abandon',
  defered: 'defer',
  suspended: 'deadLetter',
};

function outcomeOf(body: Body): Outcome {
  const kind = outcomeKinds[String(body['disposition-status'])];
  if (!kind) throw notImplemented(`The disposition "${body['disposition-status']}" is not supported.`);
  const properties = {
    ...(body['properties-to-modify'] as Body | undefined),
    DeadLetterReason: body['deadletter-reason'],
    DeadLetterErrorDescription: body['deadletter-description'],
  };
  return { kind, properties };
}
