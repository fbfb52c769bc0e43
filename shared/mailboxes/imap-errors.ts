// What went wrong with an IMAP server, in our codes with a cure, told from imapflow's errors and the server's words.
import { type ErrorCode, MaloteError } from '../errors.ts';

/** What imapflow and Node put on an error, as far as it tells cases apart. */
type Signs = Error & {
  code?: string;
  authenticationFailed?: boolean;
  serverResponseCode?: string;
  responseStatus?: string;
  responseText?: string;
  mailboxMissing?: boolean;
  throttleReset?: number;
  /** What a BYE said; Node has a reason of its own on errors of TLS. */
  reason?: string;
};

const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);
const SILENT = new Set(['CONNECT_TIMEOUT', 'GREETING_TIMEOUT', 'UPGRADE_TIMEOUT', 'ETIMEOUT', 'ETIMEDOUT']);
const CUT = new Set([
  'ECONNRESET',
  'EPIPE',
  'NoConnection',
  'EConnectionClosed',
  'StateLogout',
  'ClosedAfterConnectText',
  'ClosedAfterConnectTLS',
]);
/** A server that would fill our memory is cut off. */
const TOO_MUCH = /^((Literal|Line|Response)TooLarge|TooMany(Tokens|Responses))$/;
/**
 * Said without a response code that means it: in a BYE, of which imapflow keeps the words alone; by Gmail in an ALERT or
 * OVERQUOTA; by Dovecot as UNAVAILABLE.
 */
const ASKED_TO_WAIT = /too many|\blimits?\b|exceeded|throttl|slow down/i;
const CERTIFICATE = /CERT|UNABLE_TO_(GET|VERIFY)|SELF_SIGNED/;
const TLS = /^(ERR_SSL|ERR_TLS|EPROTO|STARTTLS_INJECTION)/;

const cures: Partial<Record<ErrorCode, string>> = {
  login_refused: 'Check mailbox.username and set mailbox.auth.password again; an app password may be needed.',
  login_unavailable: "Nothing to do: the server's login service is down and is tried again.",
  mailbox_busy: 'Nothing to do: another client holds the mailbox; it is tried again.',
  mailbox_throttled: 'Nothing to do: the server asked to wait. If it goes on, raise pollSeconds.',
  connection_refused: 'Check mailbox.host and mailbox.port, and that a firewall lets this app through.',
  mailbox_timeout: 'Check mailbox.host and mailbox.port; a firewall may swallow the connection.',
  connection_lost: 'Nothing to do: the connection broke and is made again.',
  certificate_invalid:
    "Mend the server's certificate, use the host name that it was issued to, or give its authority in mailbox.caCertificate.",
  tls_failed:
    'Check mailbox.tls and mailbox.port (993 is implicit, 143 is starttls), and that the server offers TLS there.',
  protocol_violation: 'The server does not speak IMAP as expected; look at its log at this time.',
};

/** Any failure of an IMAP connection as ours. `cause` is the connection's own error event, when there was one. */
export function toImapError(error: unknown, cause?: Error): MaloteError {
  if (error instanceof MaloteError) return error;
  const signs = error as Signs;
  const code = codeOf(signs, (cause as Signs | undefined)?.code);
  const which =
    code === 'certificate_invalid' ? faultOf([signs.code, (cause as Signs | undefined)?.code]) : '';
  const words = wordsOf(signs);
  const said = words ? ` The server said: ${words.slice(0, 200)}` : '';
  return new MaloteError(code, `${messages[code] ?? 'The mail server failed.'}${which}${said}`, {
    cause: error,
    cure: cures[code] ?? '',
    ...(signs.throttleReset === undefined ? {} : { retryAfterMs: signs.throttleReset }),
  });
}

const messages: Partial<Record<ErrorCode, string>> = {
  login_refused: 'The server refused the login.',
  login_unavailable: 'The server cannot check logins at the moment.',
  mailbox_busy: 'The mailbox is in use.',
  mailbox_throttled: 'The server limits how often this mailbox may be read.',
  connection_refused: 'The server does not accept connections at this host and port.',
  mailbox_timeout: 'The server did not answer in time.',
  connection_lost: 'The connection to the server broke.',
  certificate_invalid: "The server's certificate is not trusted.",
  tls_failed: 'No encrypted connection could be made.',
  protocol_violation: 'The server answered something unexpected.',
};

/** What is wrong with a certificate, by the error codes of Node and OpenSSL. */
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

/** What the server said, if it did. */
function wordsOf({ responseText, code = '', reason }: Signs): string {
  return responseText ?? (CUT.has(code) ? reason : undefined) ?? '';
}

function codeOf(signs: Signs, causeCode: string | undefined): ErrorCode {
  const response = signs.serverResponseCode?.toUpperCase();
  if (response !== 'AUTHENTICATIONFAILED' && ASKED_TO_WAIT.test(wordsOf(signs))) return 'mailbox_throttled';
  // A server whose login service is down says so in the response code, and imapflow sets authenticationFailed too.
  if (response === 'UNAVAILABLE') return 'login_unavailable';
  if (response === 'INUSE') return 'mailbox_busy';
  if (response === 'LIMIT' || response === 'THROTTLED' || signs.code === 'ETHROTTLE')
    return 'mailbox_throttled';
  if (signs.authenticationFailed) return 'login_refused';
  for (const code of [causeCode, signs.code]) {
    if (code === undefined) continue;
    if (TOO_MUCH.test(code)) return 'protocol_violation';
    if (CERTIFICATE.test(code)) return 'certificate_invalid';
    if (TLS.test(code) || /STARTTLS/i.test(signs.message)) return 'tls_failed';
    if (UNREACHABLE.has(code)) return 'connection_refused';
    if (SILENT.has(code)) return 'mailbox_timeout';
    if (code !== 'NoConnection' && CUT.has(code)) return 'connection_lost';
  }
  if (/STARTTLS/i.test(signs.message)) return 'tls_failed';
  return CUT.has(signs.code ?? '') ? 'connection_lost' : 'protocol_violation';
}
