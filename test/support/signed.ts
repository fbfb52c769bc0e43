// Calls of the webhook as a platform signs them, by the library of Standard Webhooks.
import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** The headers of a call with this body, signed with each of the secrets. */
export function signedHeaders(
  body: string,
  secrets: string | string[],
  at = new Date(),
): Record<string, string> {
  const id = `msg_${randomUUID()}`;
  const signatures = [secrets].flat().map(secret => new Webhook(secret).sign(id, at, body));
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': signatures.join(' '),
  };
}
