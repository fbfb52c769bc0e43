// From when to when the certificate of a mail server is good.
import type { TLSSocket } from 'node:tls';

export type Validity = { from: Date; to: Date };

/** Undefined where there is no TLS, or none that tells: a resumed session has no certificate. */
export function validityOf(socket: Pick<TLSSocket, 'getPeerCertificate'> | undefined): Validity | undefined {
  const { valid_from, valid_to } = socket?.getPeerCertificate() ?? {};
  return valid_from && valid_to ? { from: new Date(valid_from), to: new Date(valid_to) } : undefined;
}
