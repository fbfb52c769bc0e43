// The bus: publishes events and asks for fetches, and says for each message whether it went.
import type {
  ServiceBusClient,
  ServiceBusClientOptions,
  ServiceBusError,
  ServiceBusMessage,
  ServiceBusSender,
} from '@azure/service-bus';
import type { Config } from '../config.ts';
import type { OutgoingEvent } from '../domain/event/envelope.ts';
import type { FetchRequest } from '../domain/mailbox/fetch-request.ts';
import type { InvitationId } from '../domain/survey/invitation.ts';
import { MaloteError } from '../errors.ts';
import { newTraceParent, traced, traceParent } from '../telemetry.ts';

/**
 * What became of one event. `refused`: it will never be taken as it is (code `refused_by_store`); `unavailable`: not
 * sent, or not known to be (code `dependency_unavailable`), so it is to be sent again.
 */
export type SendOutcome = { outcome: 'sent' } | { outcome: 'refused' | 'unavailable'; error: MaloteError };

/** One request to read a mailbox. */
export type FetchMessage = FetchRequest & {
  /** Distinct per tick, per request and per continuation: the queue drops repeats. At most 128 characters. */
  messageId: string;
  timeToLiveMs: number;
  /** The queue gives it out from then on; at once without it. */
  notBefore?: Date;
};

/** One request to go on with the replay of many mails; the queue drops repeats by `messageId`. */
export type ReplayMessage = { replayId: string; messageId: string };

/** One request to try to send an invitation; see `flows/surveys/request-sending.ts`. */
export type InvitationMessage = { invitationId: InvitationId; messageId: string; notBefore: Date };

export type Bus = {
  /** Publishes events; gives one outcome per event, in their order. Never throws. */
  sendEvents(events: OutgoingEvent[]): Promise<SendOutcome[]>;
  /**
   * Asks for fetches.
   * @throws MaloteError `dependency_unavailable` or `refused_by_store`; the other messages may have gone
   */
  sendFetches(messages: FetchMessage[]): Promise<void>;
  /**
   * Asks to go on with replays of many mails.
   * @throws MaloteError `dependency_unavailable` or `refused_by_store`; the other messages may have gone
   */
  sendReplays(messages: ReplayMessage[]): Promise<void>;
  /**
   * Asks for invitations to be sent.
   * @throws MaloteError `dependency_unavailable` or `refused_by_store`; the other messages may have gone
   */
  sendInvitations(messages: InvitationMessage[]): Promise<void>;
  /**
   * Asks whether the topic has its subscription `platform`: without it what is published is lost.
   * @throws MaloteError `dependency_unavailable`
   */
  check(): Promise<void>;
  close(): Promise<void>;
};

// The SDK's own 60 s and 30 s between tries would outlast a fetch; what is not sent now is sent by the next one. It sends again
// what a lost connection left unacknowledged, after these 5 s, and the bus drops what it has by its message id. A connection
// that rests is kept alive by empty frames, every half of what either side allows (AMQP 1.0 2.4.5; the SDK's is 60 s).
const options: ServiceBusClientOptions = {
  retryOptions: { maxRetries: 2, retryDelayInMs: 300, timeoutInMs: 5_000 },
};

/**
 * Opens the bus by connection string, or with the app's managed identity. Connects with the first send, and again
 * whenever the connection was lost.
 * @param options.source what events say that they come from; without it what they say already
 * @param options.deadlineMs how long a batch may take with all its tries before it is given up
 */
export async function openBus(
  settings: Config['serviceBus'],
  { source, deadlineMs = 20_000 }: { source?: string; deadlineMs?: number } = {},
): Promise<Bus> {
  const { createBusClient } = await import('./bus-client.ts');
  const client = createBusClient(settings, options);
  const events = { sender: client.createSender('mail-events'), deadlineMs };
  const fetches = { sender: client.createSender('fetch-mailbox'), deadlineMs };
  const invitations = { sender: client.createSender('send-invitations'), deadlineMs };
  const replays = { sender: client.createSender('replay-mails'), deadlineMs };
  return {
    sendEvents: outgoing =>
      traced('send mail-events', { sends: true, attributes: { messages: outgoing.length } }, () =>
        sendAll(
          events,
          outgoing.map(event => eventMessage(event, source)),
        ),
      ),
    sendFetches: messages => sendOrThrow(fetches, messages.map(fetchMessage)),
    sendReplays: messages =>
      sendOrThrow(
        replays,
        messages.map(({ replayId, messageId }) => ({
          body: { replayId },
          messageId,
          contentType: 'application/json',
          applicationProperties: tracing(newTraceParent()),
        })),
      ),
    sendInvitations: messages => sendOrThrow(invitations, messages.map(invitationMessage)),
    check: () => checkSubscription(client),
    close: () => client.close(),
  };
}

/** Where messages go, and how long a batch may take to. */
type Target = { sender: ServiceBusSender; deadlineMs: number };

async function checkSubscription(client: ServiceBusClient): Promise<void> {
  const receiver = client.createReceiver('mail-events', 'platform');
  try {
    await receiver.peekMessages(1);
  } catch (cause) {
    throw toBusError(cause);
  } finally {
    await receiver.close();
  }
}

function eventMessage({ event, properties }: OutgoingEvent, source = event.source): ServiceBusMessage {
  return {
    body: { ...event, source },
    messageId: event.id,
    contentType: 'application/cloudevents+json',
    applicationProperties: { ...properties, ...tracing(traceParent()) },
  };
}

function fetchMessage({
  serviceId,
  reason,
  messageId,
  timeToLiveMs,
  notBefore,
}: FetchMessage): ServiceBusMessage {
  return {
    body: { serviceId, reason },
    messageId,
    contentType: 'application/json',
    timeToLive: timeToLiveMs,
    applicationProperties: tracing(reason === 'now' ? traceParent() : newTraceParent()),
    ...(notBefore ? { scheduledEnqueueTimeUtc: notBefore } : {}),
  };
}

function invitationMessage({ invitationId, messageId, notBefore }: InvitationMessage): ServiceBusMessage {
  return {
    body: { invitationId },
    messageId,
    contentType: 'application/json',
    applicationProperties: tracing(traceParent()),
    scheduledEnqueueTimeUtc: notBefore,
  };
}

/**
 * By which whoever takes a message goes on with the trace: `traceparent` as in W3C's trace context for AMQP, and the older name that
 * Azure's libraries look for. Neither is there when nobody watches.
 */
function tracing(parent: string | undefined): Record<string, string> {
  return parent === undefined ? {} : { traceparent: parent, 'Diagnostic-Id': parent };
}

async function sendOrThrow(target: Target, messages: ServiceBusMessage[]): Promise<void> {
  for (const outcome of await sendAll(target, messages)) {
    if (outcome.outcome !== 'sent') throw outcome.error;
  }
}

/** Sends in as few batches as the bus allows. Once it is away, the rest is not tried: each try costs its time-outs. */
async function sendAll(target: Target, messages: ServiceBusMessage[]): Promise<SendOutcome[]> {
  const outcomes: SendOutcome[] = [];
  while (outcomes.length < messages.length) {
    outcomes.push(...(await sendFirst(target, messages.slice(outcomes.length))));
    const last = outcomes.at(-1);
    if (last?.outcome === 'unavailable') {
      const untried = messages.length - outcomes.length;
      outcomes.push(...Array.from({ length: untried }, () => last));
    }
  }
  return outcomes;
}

/** Sends the first of `messages`, as many as one batch takes; gives the outcomes of those, at least one. */
async function sendFirst(target: Target, messages: ServiceBusMessage[]): Promise<SendOutcome[]> {
  // The SDK's time-outs do not cover opening a link: a bus that takes connections and then says nothing costs 3 min.
  const abortSignal = AbortSignal.timeout(target.deadlineMs);
  let count = 0;
  try {
    const batch = await target.sender.createMessageBatch({ abortSignal });
    for (const message of messages) {
      if (!batch.tryAddMessage(message)) break;
      count += 1;
    }
    if (count === 0) return [{ outcome: 'refused', error: tooLarge(batch.maxSizeInBytes) }];
    await target.sender.sendMessages(batch, { abortSignal });
    return Array.from({ length: count }, () => ({ outcome: 'sent' }));
  } catch (cause) {
    const error = toBusError(cause);
    const outcome = error.code === 'refused_by_store' ? 'refused' : 'unavailable';
    // A batch is taken or refused whole: halving it finds the message that is to blame and lets the others pass.
    if (outcome === 'refused' && count > 1) return sendHalves(target, messages.slice(0, count));
    return Array.from({ length: Math.max(count, 1) }, () => ({ outcome, error }));
  }
}

async function sendHalves(target: Target, messages: ServiceBusMessage[]): Promise<SendOutcome[]> {
  const middle = Math.ceil(messages.length / 2);
  const first = await sendAll(target, messages.slice(0, middle));
  return [...first, ...(await sendAll(target, messages.slice(middle)))];
}

/**
 * AMQP conditions that blame the message, by the names that the SDK begins a `GeneralError` with. All others blame the
 * bus or its settings, which somebody can mend: `amqp:not-allowed` is not here because it is said of entities too.
 */
const blamesMessage = /^(ArgumentError|ArgumentOutOfRangeError|DecodeError|InvalidFieldError): /;

/** The error of a send as ours: `refused_by_store` (for ever) or `dependency_unavailable` (in doubt is not sent). */
function toBusError(cause: unknown): MaloteError {
  const error = lastAttempt(cause);
  const code = isServiceBusError(error) ? error.code : 'no answer';
  if (isServiceBusError(error) && (code === 'MessageSizeExceeded' || blamesMessage.test(error.message)))
    return new MaloteError('refused_by_store', `Service Bus refused a message (${code}).`, { cause });
  return new MaloteError('dependency_unavailable', `Service Bus is not available (${code}).`, { cause });
}

/** A message that does not fit into a batch of its own. */
function tooLarge(maxSizeBytes: number): MaloteError {
  return new MaloteError('refused_by_store', `Larger than Service Bus takes (${maxSizeBytes} bytes).`);
}

/** The SDK throws an AggregateError of all attempts when it tried more than once. */
function lastAttempt(cause: unknown): unknown {
  return cause instanceof AggregateError ? cause.errors.at(-1) : cause;
}

/** Told by its name: the class is loaded with the SDK alone. */
function isServiceBusError(error: unknown): error is ServiceBusError {
  return error instanceof Error && error.name === 'ServiceBusError';
}
