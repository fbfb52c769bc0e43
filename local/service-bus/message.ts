// A message between the wire and the store: its bytes, its batches, and what Service Bus adds to it.

import type { Message } from 'rhea';
import rhea from 'rhea';
import type { MessageState, StoredMessage } from './store.ts';

const { message: codec, types } = rhea;

/** Message format of a transfer whose data sections are whole messages (Azure/azure-amqp, AmqpConstants). */
export const batchFormat = 0x80013700;

/** The header's time to live is an unsigned 32-bit number of milliseconds (AMQP 1.0 3.2.1). */
const longestHeaderTtlMs = 0xffff_ffff;

export function encodeMessage(message: Message): Buffer {
  return codec.encode(message);
}

export function decodeMessage(content: Uint8Array): Message {
  return codec.decode(
    Buffer.from(content.buffer, content.byteOffset, content.byteLength),
  ) as unknown as Message;
}

/** The messages of a batch, in order. */
export function decodeBatch(envelope: Buffer): Message[] {
  const { content } = decodeMessage(envelope).body as { content: Buffer | Buffer[] };
  return [content].flat().map(decodeMessage);
}

/** When the sender wants it to enter; undefined for now. */
export function scheduledFor(message: Message): number | undefined {
  const time: unknown = message.message_annotations?.['x-opt-scheduled-enqueue-time'];
  return time === undefined || time === null ? undefined : Number(time);
}

/** The message with a time to live of at most this; `Infinity` for no limit. */
export function withTtlAtMost(message: Message, limitMs: number): { message: Message; ttlMs: number } {
  const ttlMs = message.ttl ?? Infinity;
  if (ttlMs <= limitMs) return { message, ttlMs };
  const ttl = limitMs <= longestHeaderTtlMs ? limitMs : undefined;
  // The sender's expiry time contradicts the shorter life, and the client reads it in preference to the header.
  const { absolute_expiry_time: _, ...rest } = message;
  return { message: { ...rest, ...(ttl !== undefined && { ttl }) }, ttlMs: limitMs };
}

/** The same message with application properties added or replaced; those without a value are passed over. */
export function withProperties(
  content: Uint8Array,
  changes: Record<string, unknown> | undefined,
): Uint8Array {
  const given = Object.entries(changes ?? {}).filter(([, value]) => value !== undefined && value !== null);
  if (given.length === 0) return content;
  const message = decodeMessage(content);
  const properties = { ...message.application_properties, ...Object.fromEntries(given) };
  return encodeMessage({ ...message, application_properties: properties });
}

const stateCodes: Record<MessageState, number> = { active: 0, deferred: 1, scheduled: 2 };

/** The message as a receiver gets it: with the broker's annotations (Service Bus AMQP protocol guide, "Messages"). */
export function outgoingMessage(stored: StoredMessage): Message {
  const message = decodeMessage(stored.content);
  const annotations = {
    ...message.message_annotations,
    'x-opt-sequence-number': types.wrap_long(stored.sequenceNumber),
    'x-opt-enqueue-sequence-number': types.wrap_long(stored.sequenceNumber),
    'x-opt-enqueued-time': new Date(stored.enqueuedAt),
    'x-opt-message-state': types.wrap_int(stateCodes[stored.state]),
    ...(stored.lockedUntil !== null && { 'x-opt-locked-until': new Date(stored.lockedUntil) }),
  };
  return { ...message, delivery_count: stored.deliveryCount, message_annotations: annotations };
}
