// The ways this Service Bus says no: AMQP error conditions, with the words the real one uses.

import type { AmqpError } from 'rhea';

/** Thrown anywhere below a link; the link turns it into the answer the protocol wants in that place. */
export class Refusal extends Error {
  /** AMQP error condition; the client turns it into its `code`. */
  readonly condition: string;
  /** The same as an HTTP status, for answers of `$management` and `$cbs`. */
  readonly status: number;

  constructor(condition: string, status: number, description: string) {
    super(description);
    this.name = 'Refusal';
    this.condition = condition;
    this.status = status;
  }
}

/** Any error as a refusal: itself, or an internal error that the client may retry. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal('amqp:internal-error', 500, error instanceof Error ? error.message : String(error));
}

export function amqpError({ condition, message }: Refusal): AmqpError {
  return { condition, description: message };
}

export function notFound(address: string): Refusal {
  // The client knows a missing entity by this sentence, not by the condition (core-amqp, `translate`).
  const description = `The messaging entity '${address}' could not be found.`;
  return new Refusal('amqp:not-found', 404, description);
}

export function lockLost(): Refusal {
  const description =
    'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.';
  return new Refusal('com.microsoft:message-lock-lost', 410, description);
}

export function messageNotFound(): Refusal {
  const description = 'One or more of the specified messages do not exist.';
  return new Refusal('com.microsoft:message-not-found', 404, description);
}

export function messageTooLarge(sizeBytes: number, limitBytes: number): Refusal {
  const description = `The received message (size ${sizeBytes}) exceeds the limit (${limitBytes}) of the link.`;
  return new Refusal('amqp:link:message-size-exceeded', 403, description);
}

export function unauthorized(description: string): Refusal {
  return new Refusal('amqp:unauthorized-access', 401, description);
}

export function noToken(): Refusal {
  return unauthorized('No token was presented on this connection.');
}

export function notAllowed(description: string): Refusal {
  return new Refusal('amqp:not-allowed', 400, description);
}

export function notImplemented(description: string): Refusal {
  return new Refusal('amqp:not-implemented', 501, description);
}

export function entityDisabled(): Refusal {
  return new Refusal('com.microsoft:entity-disabled', 400, 'Messaging entity is currently disabled.');
}

export function serverBusy(): Refusal {
  const description =
    'The request was terminated because the namespace is being throttled. Please wait 10 seconds.';
  return new Refusal('com.microsoft:server-busy', 503, description);
}

/** https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-exceptions#entity-size */
export function entityFull(path: string): Refusal {
  const description = `The maximum entity size has been reached or exceeded for Topic: '${path.toUpperCase()}'.`;
  return new Refusal('amqp:resource-limit-exceeded', 403, description);
}
