// What went wrong with an IMAP server, in our codes with a cure, told from imapflow's errors and the server's words.
import type { ImapFlow } from 'imapflow';
import { type ErrorCode, MaloteError } from '../../errors.ts';
import { connectionCode, mailServerError, saidBy } from '../connection-errors.ts';
import type { Proof } from '../proof.ts';
import type { Protocol } from '../protocol.ts';
import { NOT_CONNECTED, takesNoTokens } from '../token-errors.ts';
import { describeRefusal } from '../xoauth2.ts';
import { takeRefusal } from './client.ts';

/** What imapflow and Node put on an error, as far as it tells cases apart. */
type Signs = Error & {
  code?: string;
  authenticationFailed?: boolean;
  serverResponseCode?: string;
  responseStatus?: string;
  responseText?: string;
  mailboxMissing?: boolean;
  throttleReset?: number;
  /** The whole response, of a login that Exchange takes back. */
  response?: unknown;
  /** What the server said of a token, before it refused it (RFC 7628 3.2.2). */
  oauthError?: unknown;
  /** What a BYE said; Node has a reason of its own on errors of TLS. */
  reason?: string;
};

const SILENT = new Set(['CONNECT_TIMEOUT', 'GREETING_TIMEOUT', 'UPGRADE_TIMEOUT', 'ETIMEOUT']);
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

/** imapflow says so instead of sending a token by LOGIN. */
const NO_MECHANISM = 'Unsupported authentication mechanism';

/** How messages call it. */
export const IMAP: Protocol = {
  name: 'IMAP',
  implicitPort: 993,
  starttlsPort: 143,
  microsoft: { permission: 'IMAP', cmdlet: '-ImapEnabled' },
};

/** What is known besides the error: the connection's own error event, if there was one, and how the login was tried. */
type Circumstances = { cause?: Error | undefined; proof?: Proof };

/** Any failure of an IMAP connection as ours. */
export function toImapError(error: unknown, { cause, proof }: Circumstances = {}): MaloteError {
  if (error instanceof MaloteError) return error;
  const signs = error as Signs;
  const login = proof?.type ?? 'password';
  if (login === 'token' && signs.message === NO_MECHANISM) return takesNoTokens('XOAUTH2 or OAUTHBEARER');
  const causeCode = (cause as Signs | undefined)?.code;
  return mailServerError(codeOf(signs, causeCode, login), IMAP, {
    cause: error,
    codes: [signs.code, causeCode],
    said: wordsOf(signs),
    proof,
    retryAfterMs: signs.throttleReset,
  });
}

/** Whether the server said no to a command, and the connection goes on. */
export function isRefusedCommand(error: unknown): boolean {
  const { responseStatus } = error as Signs;
  return responseStatus === 'NO' || responseStatus === 'BAD';
}

/**
 * Why a command failed for which imapflow gives no reason: the connection went with it, or the server refused it, which is
 * `code` unless it asks to wait, or has more to say of a search. (A full destination speaks of limits, and asks nobody to wait.)
 */
export function refusedCommand(
  client: ImapFlow,
  code: ErrorCode,
  { message, cure }: { message: string; cure: string },
): MaloteError {
  if (!client.usable) return toImapError(Object.assign(new Error('No connection'), { code: 'NoConnection' }));
  const refusal = takeRefusal(client) as Signs | undefined;
  const told = refusal && toImapError(refusal);
  const isToWait = refusal?.code === 'ETHROTTLE' || refusal?.serverResponseCode === 'THROTTLED';
  if (told && (isToWait || (code === 'protocol_violation' && told.code !== code))) return told;
  return new MaloteError(code, message + saidBy(refusal?.responseText), {
    cause: refusal,
    cure,
  });
}

/** What the server said, if it did. */
function wordsOf({ responseText, response, oauthError, code = '', reason }: Signs): string {
  const takenBack = typeof response === 'string' && NOT_CONNECTED.test(response) ? response : undefined;
  const words = responseText ?? takenBack ?? (CUT.has(code) ? reason : undefined) ?? '';
  return words + describeRefusal(oauthError);
}

function codeOf(signs: Signs, causeCode: string | undefined, login: Proof['type']): ErrorCode {
  const response = signs.serverResponseCode?.toUpperCase();
  if (NOT_CONNECTED.test(wordsOf(signs))) return login === 'token' ? 'permission_missing' : 'login_refused';
  if (response !== 'AUTHENTICATIONFAILED' && ASKED_TO_WAIT.test(wordsOf(signs))) return 'mailbox_throttled';
  // A server whose login service is down says so in the response code, and imapflow sets authenticationFailed too. After the
  // login it is another part of the server (RFC 5530 3).
  if (response === 'UNAVAILABLE')
    return signs.authenticationFailed ? 'login_unavailable' : 'mailbox_unavailable';
  if (response === 'INUSE') return 'mailbox_busy';
  if (response === 'LIMIT' || response === 'THROTTLED' || signs.code === 'ETHROTTLE')
    return 'mailbox_throttled';
  if (signs.authenticationFailed) return 'login_refused';
  for (const code of [causeCode, signs.code]) {
    if (code === undefined) continue;
    if (TOO_MUCH.test(code)) return 'protocol_violation';
    const known = connectionCode(code);
    if (known === 'certificate_invalid' || known === 'tls_failed') return known;
    if (code === 'STARTTLS_INJECTION' || /STARTTLS/i.test(signs.message)) return 'tls_failed';
    if (known) return known;
    if (SILENT.has(code)) return 'mailbox_timeout';
    if (code !== 'NoConnection' && CUT.has(code)) return 'connection_lost';
  }
  if (/STARTTLS/i.test(signs.message)) return 'tls_failed';
  return CUT.has(signs.code ?? '') ? 'connection_lost' : 'protocol_violation';
}
