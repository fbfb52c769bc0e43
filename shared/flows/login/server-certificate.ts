// Whether the certificate of a mail server is about to end: from then on its mail cannot be read.
import type { Log } from '../../log.ts';
import type { Validity } from '../../mailboxes/server-certificate.ts';

const WEEK_MS = 7 * 86_400_000;

/**
 * Logs a certificate of which a week is left, or of one that lives for days a fifth of its life. Authorities that renew by
 * themselves have done so long before: of 90 days when 30 are left.
 */
export function tellCertificate(certificate: Validity | undefined, now: Date, log: Log): void {
  if (!certificate) return;
  const { from, to } = certificate;
  const leftMs = to.getTime() - now.getTime();
  if (leftMs > Math.min(WEEK_MS, (to.getTime() - from.getTime()) / 5)) return;
  log.warn('credential-ending', { field: 'serverCertificate', expiresAt: to.toISOString() });
}
