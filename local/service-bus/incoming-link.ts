// A client's sender: takes messages and batches into a queue or topic and says what became of them.

import type { EventContext, Receiver } from 'rhea';
import type { Broker } from './broker.ts';
import { underFaults } from './fault-points.ts';
import { batchFormat, decodeBatch, encodeMessage } from './message.ts';
import { amqpError, messageTooLarge, toRefusal } from './refusal.ts';
import type { Target } from './target.ts';

export function serveSendingClient(broker: Broker, receiver: Receiver, target: Target): void {
  receiver.on('message', (context: EventContext) => void take(broker, target, context));
}

async function take(broker: Broker, target: Target, context: EventContext): Promise<void> {
  const { connection, delivery, message } = context;
  if (!delivery || !message) return;
  const store = () => {
    // rhea decodes messages of the standard format only; a batch comes as its bytes.
    const envelope = delivery.format === batchFormat ? (message as unknown as Buffer) : undefined;
    const sizeBytes = (envelope ?? encodeMessage(message)).length;
    const limitBytes = broker.namespace.maxMessageSizeBytes;
    if (sizeBytes > limitBytes) throw messageTooLarge(sizeBytes, limitBytes);
    target.send(envelope ? decodeBatch(envelope) : [message]);
  };
  try {
    await underFaults(broker.faults, `send ${target.path}`, connection, store, () => delivery.accept());
  } catch (error) {
    delivery.reject(amqpError(toRefusal(error)));
  }
}
