// Where a link leads that a client opens: to $cbs, to an entity's $management, or to the entity itself.

import type { EventContext, link, Receiver, Sender } from 'rhea';
import { authorize } from './authorization.ts';
import type { Broker } from './broker.ts';
import { stops } from './fault-points.ts';
import { serveSendingClient } from './incoming-link.ts';
import { manage } from './management.ts';
import { serveReceivingClient } from './outgoing-link.ts';
import { amqpError, noToken, notAllowed, toRefusal } from './refusal.ts';
import { sendSettled } from './rhea-internals.ts';

const cbs = '$cbs';
const managementSuffix = '/$management';

/** A client opened a link to send on. */
export function openForSendingClient(broker: Broker, receiver: Receiver): void {
  const address = receiver.target?.address ?? '';
  receiver.set_target({ address });
  // Python's uamqp takes an answer without it for a refusal.
  if (receiver.source) receiver.set_source({ address: receiver.source.address });
  if (entityOf(address) === cbs) {
    onRequest(receiver, ({ connection, message }) => message && authorize(broker, connection, message));
  } else if (address.endsWith(managementSuffix)) {
    const entity = entityOf(address).slice(0, -managementSuffix.length);
    onRequest(receiver, ({ connection, message }) => message && manage(broker, connection, entity, message));
  } else {
    openEntity(broker, receiver, () => {
      const target = broker.namespace.getTarget(entityOf(address));
      return { path: target.path, serve: () => serveSendingClient(broker, receiver, target) };
    });
  }
}

/** A client opened a link to receive on. */
export function openForReceivingClient(broker: Broker, sender: Sender): void {
  const address = sender.source?.address ?? '';
  sender.set_source({ address });
  // The client's address for replies must be echoed: it is how reply.ts finds the link.
  if (sender.target) sender.set_target({ address: sender.target.address });
  if (entityOf(address) === cbs || address.endsWith(managementSuffix)) {
    sendSettled(sender);
    return;
  }
  openEntity(broker, sender, () => {
    if ('com.microsoft:session-filter' in (sender.source?.filter ?? {})) {
      throw notAllowed('Sessions are not supported by the local Service Bus.');
    }
    const queue = broker.namespace.getQueue(entityOf(address));
    return { path: queue.path, serve: () => serveReceivingClient(broker, sender, queue) };
  });
}

function onRequest(receiver: Receiver, answer: (context: EventContext) => unknown): void {
  receiver.on('message', (context: EventContext) => {
    context.delivery?.accept();
    answer(context);
  });
}

/** Serves the link, or closes it with the reason why not: at once, before rhea has written its answer to the attach. */
function openEntity(broker: Broker, opened: link, find: () => { path: string; serve: () => void }): void {
  try {
    const { connection } = opened;
    if (!broker.authorized.has(connection)) throw noToken();
    const { path, serve } = find();
    const operation = `open ${path}`;
    const fault = broker.faults.take(operation);
    if (!fault || !stops(fault, operation, connection)) serve();
  } catch (error) {
    opened.close(amqpError(toRefusal(error)));
  }
}

/** Some clients write a path (.NET) or a whole URL (Python) where others give the name. */
function entityOf(address: string): string {
  return address.replace(/^(amqps?:\/\/[^/]*)?\//, '');
}
