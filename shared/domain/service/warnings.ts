// What an administrator should mend before it becomes trouble: secrets about to expire, values that look like the wrong one, a start to come.
import { isGuid } from './auth-schema.ts';
import type { Secrets } from './document.ts';
import type { Service } from './service.ts';

/** One sentence about one member, with the cure. */
export type Warning = { field: string; message: string };

const DAY_MS = 86_400_000;
const AHEAD_MS = 30 * DAY_MS;

/** Whether what a mailbox is opened with ends within 30 days, or has ended. */
export function isEnding(expiresAt: string, now: Date): boolean {
  return Date.parse(expiresAt) - now.getTime() <= AHEAD_MS;
}

/**
 * What a service as it is kept should be mended for: its secret or certificate expires within 30 days, or has expired; it
 * reads mail only from a day that is still to come.
 */
export function warningsOf(service: Service, now: Date): Warning[] {
  return [...warningsOfStart(service, now), ...warningsOfExpiry(service, now)];
}

/** Until then the mailbox is looked into, and all its mail left alone, which looks like a fault. */
function warningsOfStart({ readFrom, readFromAt }: Service, now: Date): Warning[] {
  if (Date.parse(readFromAt) <= now.getTime()) return [];
  const message = `readFrom is in the future (${readFrom}): mail that was received before ${readFromAt} is never read; set an earlier date unless that is meant.`;
  return [{ field: 'readFrom', message }];
}

function warningsOfExpiry({ mailbox: { auth } }: Service, now: Date): Warning[] {
  if (auth.type === 'basic') return [];
  const expiring = [
    ['clientSecret', auth.clientSecretExpiresAt, 'set it here, and clientSecretExpiresAt with it'],
    ['clientCertificate', auth.clientCertificateExpiresAt, 'set it here'],
  ] as const;
  return expiring.flatMap(([name, expiresAt, cure]) => {
    if (expiresAt === null || !isEnding(expiresAt, now)) return [];
    const field = `mailbox.auth.${name}`;
    const what = Date.parse(expiresAt) <= now.getTime() ? 'expired on' : 'expires on';
    const ends = 'the mailbox cannot be read after that';
    return [
      {
        field,
        message: `${field} ${what} ${expiresAt.slice(0, 10)}, and ${ends}: make a new one in the app registration, and ${cure}.`,
      },
    ];
  });
}

/** That mail goes on waiting although nothing is held any more. */
export function warningsOfHeld(count: number): Warning[] {
  if (count === 0) return [];
  const field = 'approvalRequired';
  const message = `${field} is off, and ${count} held before still wait: nothing lets them in but a supervisor (GET /api/mails/held).`;
  return [{ field, message }];
}

/** What secrets that were just written look wrong for. */
export function warningsOfSecrets({ clientSecret }: Secrets): Warning[] {
  if (clientSecret === undefined || !isGuid(clientSecret)) return [];
  const field = 'mailbox.auth.clientSecret';
  return [
    {
      field,
      message: `${field} looks like the ID of a secret: Entra ID shows the ID and the value side by side, and the value is wanted. It is shown only when the secret is made; if it is lost, make a new one.`,
    },
  ];
}
