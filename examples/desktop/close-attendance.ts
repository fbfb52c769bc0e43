// The platform tells that an attendance is closed: a call signed as Standard Webhooks say, answered with the customer's link.
import { Webhook } from 'standardwebhooks';

/** What is told of an attendance; a real platform names its agent, and the group that served. */
export type Closed = {
  /** Yours, the same however often it is told. */
  attendanceId: string;
  serviceId: string;
  mailKey: string;
  agentId: string;
  groupId?: string | undefined;
  closedAt: string;
};

export type Invited = { link: string | null; suppressed: string | null; expiresAt: string | null };

/**
 * @param baseUrl of the API, without `/api`
 * @param secret of POST /api/settings/webhook-secrets, `whsec_...`
 */
export async function closeAttendance(baseUrl: string, secret: string, closed: Closed): Promise<Invited> {
  const body = JSON.stringify(closed);
  const at = new Date();
  // One for each call that is made; told again after a failure, an attendance is known by its own id.
  const id = crypto.randomUUID();
  const response = await fetch(`${baseUrl}/api/webhook/attendances/closed`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    },
    body,
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  // `invitation` has a subject, a text and HTML to be sent to the customer.
  return (await response.json()) as Invited;
}
