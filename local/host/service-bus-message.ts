// A Service Bus message as a function gets it: its body as data, its properties as trigger metadata.
//
// Names are the .NET extension's; the programming model lowers the first letter
// (`triggerMetadata.deliveryCount`).
// https://learn.microsoft.com/azure/azure-functions/functions-bindings-service-bus-trigger#message-metadata

import { isUtf8 } from 'node:buffer';
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { bindBody } from './binding-data.ts';
import type { TypedData } from './core-types.ts';
import type { InvocationInput } from './invoke.ts';

/**
 * The message must have been received with `skipParsingBodyAsJson`, so that a body of bytes is still bytes.
 */
export function messageInput(message: ServiceBusReceivedMessage): InvocationInput {
  const data = bodyData(message.body);
  const metadata: Record<string, TypedData> = {};
  for (const [name, value] of Object.entries(properties(message))) {
    if (value !== undefined) metadata[name] = asTypedData(value);
  }
  // In Azure as here: a body's `messageId` hides the real one.
  bindBody(metadata, data.string);
  return { data, metadata };
}

function properties(message: ServiceBusReceivedMessage): Record<string, unknown> {
  return {
    // The broker counts earlier deliveries (AMQP 1.0 3.2.1), .NET counts this one too.
    DeliveryCount: (message.deliveryCount ?? 0) + 1,
    DeadLetterSource: message.deadLetterSource,
    LockToken: message.lockToken,
    ExpiresAtUtc: withoutZone(message.expiresAtUtc),
    ExpiresAt: withOffset(message.expiresAtUtc),
    EnqueuedTimeUtc: withoutZone(message.enqueuedTimeUtc),
    EnqueuedTime: withOffset(message.enqueuedTimeUtc),
    MessageId: message.messageId,
    ContentType: message.contentType,
    ReplyTo: message.replyTo,
    SequenceNumber: message.sequenceNumber?.toNumber(),
    To: message.to,
    Subject: message.subject,
    Label: message.subject,
    CorrelationId: message.correlationId,
    ApplicationProperties: message.applicationProperties ?? {},
    UserProperties: message.applicationProperties ?? {},
    PartitionKey: message.partitionKey,
  };
}

function bodyData(body: unknown): { string?: string; bytes?: Uint8Array } {
  if (Buffer.isBuffer(body)) return isUtf8(body) ? { string: body.toString('utf8') } : { bytes: body };
  return { string: typeof body === 'string' ? body : JSON.stringify(body) };
}

function asTypedData(value: unknown): TypedData {
  return typeof value === 'string' ? { string: value } : { json: JSON.stringify(value) };
}

/**
 * The members ending in `Utc` carry no zone at all: `new Date()` of them is right only where the clock runs
 * in UTC.
 */
function withoutZone(date: Date | undefined): string | undefined {
  return date?.toISOString().replace('Z', '');
}

function withOffset(date: Date | undefined): string | undefined {
  return date?.toISOString().replace('Z', '+00:00');
}
