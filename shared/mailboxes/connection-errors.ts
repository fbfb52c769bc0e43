// What can go wrong with a connection to any mail server, in our codes, each with its words and its cure.
import { type ErrorCode, MaloteError } from '../errors.ts';
import type { Proof } from './proof.ts';
import type { Protocol } from './protocol.ts';
import { quoted } from './quoted.ts';
import { tokenTrouble } from './token-errors.ts';

const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);
const CERTIFICATE = /CERT|UNABLE_TO_(GET|VERIFY)|SELF_SIGNED/;
const TLS = /^(ERR_SSL|ERR_TLS|EPROTO$)/;

/** Our code for an error code of Node's sockets and TLS; undefined for those that say nothing of a connection. */
export function connectionCode(code: string | undefined): ErrorCode | undefined {
  if (code === undefined) return undefined;
  if (CERTIFICATE.test(code)) return 'certificate_invalid';
  if (TLS.test(code)) return 'tls_failed';
  if (UNREACHABLE.has(code)) return 'connection_refused';
  if (code === 'ETIMEDOUT') return 'mailbox_timeout';
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'connection_lost' : undefined;
}

type Circumstances = {
  cause: unknown;
  /** Error codes of Node and OpenSSL that came with it. */
  codes: (string | undefined)[];
  /** What the server said, in its own words. */
  said?: string | undefined;
  /** By what the login was tried, which the server may repeat in its words; a password unless told. */
  proof?: Proof | undefined;
  retryAfterMs?: number | undefined;
  /** Words of the protocol's own for this code. */
  words?: { message?: string; cure?: string } | undefined;
};

/** The error of a mail server with its words and its cure. */
export function mailServerError(
  code: ErrorCode,
  protocol: Protocol,
  { cause, codes, said, proof, retryAfterMs, words }: Circumstances,
): MaloteError {
  const trouble = proof?.type === 'token' ? tokenTrouble(code, protocol) : undefined;
  const message = words?.message ?? trouble?.message ?? messages[code] ?? 'The mail server failed.';
  const which = code === 'certificate_invalid' ? faultOf(codes) : '';
  return new MaloteError(code, `${message}${which}${saidBy(said, proof)}`, {
    cause,
    cure: words?.cure ?? trouble?.cure ?? cureOf(code, protocol),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** A sentence with the words of a server; empty when it said nothing. */
export function saidBy(said: string | undefined, proof?: Proof): string {
  return said ? ` The server said: ${quoted(said, proof)}` : '';
}

const messages: Partial<Record<ErrorCode, string>> = {
  login_refused: 'The server refused the login.',
  login_unavailable: 'The server cannot check logins at the moment.',
  mailbox_busy: 'The mailbox is in use.',
  mailbox_unavailable: 'The server cannot open the mailbox at the moment.',
  mailbox_throttled: 'The server limits how often this mailbox may be read.',
  connection_refused: 'The server does not accept connections at this host and port.',
  mailbox_timeout: 'The server did not answer in time.',
  connection_lost: 'The connection to the server broke.',
  certificate_invalid: "The server's certificate is not trusted.",
  tls_failed: 'No encrypted connection could be made.',
  disposal_refused: 'The server did not remove the mail.',
  protocol_violation: 'The server answered something unexpected.',
};

/** What is wrong with a certificate. */
const certificateFaults: Record<string, string> = {
  CERT_HAS_EXPIRED: ' It has expired.',
  CERT_NOT_YET_VALID: ' It is not valid yet.',
  ERR_TLS_CERT_ALTNAME_INVALID: ' It was issued to another host name.',
  CERT_REVOKED: ' It was revoked.',
};

function faultOf(codes: (string | undefined)[]): string {
  const [code] = codes.filter(code => code !== undefined && CERTIFICATE.test(code));
  return certificateFaults[code ?? ''] ?? ' It was issued by an authority that is not known here.';
}

const cures: Partial<Record<ErrorCode, string>> = {
  login_refused: 'Check mailbox.username and set mailbox.auth.password again; an app password may be needed.',
  login_unavailable: "Nothing to do: the server's login service is down and is tried again.",
  mailbox_busy:
    'Another client holds the mailbox, and it is tried again; if it goes on, close that one, or let it leave the mailbox in between.',
  mailbox_unavailable: 'Nothing to do: a part of the server is down, and it is tried again.',
  mailbox_throttled: 'Nothing to do: the server asked to wait. If it goes on, raise pollSeconds.',
  connection_refused: 'Check mailbox.host and mailbox.port, and that a firewall lets this app through.',
  mailbox_timeout: 'Check mailbox.host and mailbox.port; a firewall may swallow the connection.',
  connection_lost: 'Nothing to do: the connection broke and is made again.',
  certificate_invalid:
    "Mend the server's certificate, use the host name that it was issued to, or give its authority in mailbox.caCertificate.",
  disposal_refused: 'Check that the login may delete mail. Mail goes on being taken in and is deleted then.',
};

function cureOf(code: ErrorCode, { name, implicitPort, starttlsPort }: Protocol): string {
  if (code === 'tls_failed')
    return `Check mailbox.tls and mailbox.port (${implicitPort} is implicit, ${starttlsPort} is starttls), and that the server offers TLS there.`;
  if (code === 'protocol_violation')
    return `The server does not speak ${name} as expected; look at its log at this time.`;
  return cures[code] ?? '';
}
