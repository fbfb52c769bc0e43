// A client's receiver: hands out a queue's messages as far as its credit goes and takes its decisions about them.

import type { Delivery, EventContext, Sender } from 'rhea';
import type { Broker } from './broker.ts';
import { underFaults } from './fault-points.ts';
import { outgoingMessage } from './message.ts';
import type { Outcome, Queue } from './queue.ts';
import { ReceiveFaults } from './receive-faults.ts';
import { amqpError, toRefusal } from './refusal.ts';
import { answerEveryDrain, echoSettleModes, roomOf, settleDelivery, settled } from './rhea-internals.ts';
import { deliveryTag, lockTokenOfTag } from './wire.ts';

export function serveReceivingClient(broker: Broker, sender: Sender, queue: Queue): void {
  echoSettleModes(sender);
  answerEveryDrain(sender);
  const faults = new ReceiveFaults(broker.faults, queue.path, sender);
  queue.addReceiver({
    isOpen: () => sender.is_open(),
    room: () => (faults.rests() ? 0 : roomOf(sender)),
    admits: () => faults.admits(() => queue.pump()),
    deletes: sender.snd_settle_mode === settled,
    deliver: stored => {
      const tag = stored.lockToken === null ? undefined : deliveryTag(stored.lockToken);
      sender.send(outgoingMessage(stored), tag);
      faults.delivered();
    },
  });
  sender.on('sender_flow', () => {
    queue.pump();
    // Once more when an attach that came along with the credit has been answered.
    setImmediate(() => queue.pump());
  });

  const decide = (outcome: (delivery: Delivery) => Outcome) => (context: EventContext) => {
    if (context.delivery) void settle(broker, queue, context.delivery, outcome(context.delivery));
  };
  sender.on('accepted', decide(accepted));
  sender.on('released', decide(released));
  sender.on('modified', decide(modified));
  sender.on('rejected', decide(rejected));
}

function accepted(): Outcome {
  return { kind: 'complete' };
}

function released(): Outcome {
  return { kind: 'abandon' };
}

/** The client abandons and defers by "modified", with properties to change as annotations. */
function modified({ remote_state: state }: Delivery): Outcome {
  return { kind: state?.undeliverable_here ? 'defer' : 'abandon', properties: state?.message_annotations };
}

/** The client dead-letters by "rejected"; reason, description and properties to change are the error's info. */
function rejected({ remote_state: state }: Delivery): Outcome {
  return { kind: 'deadLetter', properties: state?.error?.info };
}

async function settle(broker: Broker, queue: Queue, delivery: Delivery, outcome: Outcome): Promise<void> {
  const { connection } = delivery.link;
  const apply = () => queue.settle(lockTokenOfTag(delivery.tag), outcome);
  const confirm = () => settleDelivery(delivery, undefined);
  try {
    await underFaults(broker.faults, `settle ${queue.path}`, connection, apply, confirm);
  } catch (error) {
    settleDelivery(delivery, amqpError(toRefusal(error)));
  }
}
