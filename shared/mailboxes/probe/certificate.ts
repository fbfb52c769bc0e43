// What a server's certificate says of itself, and whether it ends soon.
import type { TLSSocket } from 'node:tls';
import type { Finding } from './step.ts';

const DAY_MS = 86_400_000;
/** Time enough to have it renewed. */
const WARNED_DAYS = 30;

/** The summary of a connection's TLS; a warning when the certificate ends within 30 days. */
export function describeCertificate(
  socket: Pick<TLSSocket, 'getPeerCertificate' | 'getProtocol'>,
  now: Date,
): Finding {
  const { subject, subjectaltname = '', issuer, valid_to } = socket.getPeerCertificate();
  const validUntil = new Date(valid_to);
  const protocol = socket.getProtocol() ?? 'unknown';
  const detail = {
    subject: textOf(subject?.CN) || subjectaltname,
    issuer: [textOf(issuer?.O), textOf(issuer?.CN)].filter(Boolean).join(', '),
    names: subjectaltname,
    validUntil: validUntil.toISOString(),
    protocol,
  };
  const days = Math.floor((validUntil.getTime() - now.getTime()) / DAY_MS);
  if (days >= WARNED_DAYS)
    return { message: `Encrypted with ${protocol}; the certificate is valid.`, detail };
  return {
    outcome: 'warning',
    message: `Encrypted with ${protocol}, but the certificate ends in ${days} days, on ${detail.validUntil.slice(0, 10)}.`,
    cure: 'Have the certificate of the server renewed before then: from that day on its mail cannot be read.',
    detail,
  };
}

/** A name of a certificate may be there several times. */
function textOf(name: string | string[] | undefined): string {
  return Array.isArray(name) ? name.join(', ') : (name ?? '');
}
