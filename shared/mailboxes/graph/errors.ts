// What went wrong with Microsoft Graph, in our codes with a cure, told from its error codes and from Node's.
// https://learn.microsoft.com/graph/errors
import type { GraphMailbox } from '../../domain/service/service.ts';
import { type ErrorCode, MaloteError } from '../../errors.ts';
import { connectionCode } from '../connection-errors.ts';

/** An answer that is no success. Graph's sentence is not kept: it quotes addresses and ids. */
export class GraphRefusal extends Error {
  readonly status: number;
  /** Graph's own, such as `ErrorItemNotFound`; empty when something in front of Graph answered. */
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, code: string, retryAfterMs: number | undefined) {
    super(`Microsoft Graph answered ${status} ${code}`.trim());
    this.name = 'GraphRefusal';
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Said of the mailbox as a whole, with whichever status. */
const noMailbox = new Set([
  'ErrorInvalidUser',
  'ErrorNonExistentMailbox',
  'MailboxNotEnabledForRESTAPI',
  'MailboxNotSupportedForRESTAPI',
  'Request_ResourceNotFound',
  'ResourceNotFound',
]);

/** Whether one mail or folder is not there, in a mailbox that is. */
export function isNotFound(error: unknown): error is GraphRefusal {
  return error instanceof GraphRefusal && error.status === 404 && !noMailbox.has(error.code);
}

/** Any failure of Graph as ours, with words for the kind of permission that the mailbox is opened by. */
export function toGraphError(error: unknown, mailbox: GraphMailbox): MaloteError {
  if (error instanceof MaloteError) return error;
  if (error instanceof GraphRefusal) return graphError(codeOf(error), mailbox.auth, error);
  return graphError('protocol_violation', mailbox.auth, error);
}

/** Our code and its words, for a case that only the caller can tell. */
export function graphError(
  code: ErrorCode,
  { flow }: Pick<GraphMailbox['auth'], 'flow'>,
  cause: unknown,
): MaloteError {
  const { message, cure } = { ...words[code], ...(flow === 'authorizationCode' ? personWords[code] : {}) };
  const { code: said = '', retryAfterMs } = cause instanceof GraphRefusal ? cause : {};
  const quoted = /^\w{1,60}$/.test(said) ? ` It said: ${said}.` : '';
  return new MaloteError(code, `${message ?? 'Microsoft Graph failed.'}${quoted}`, {
    cause,
    ...(cure ? { cure } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Why no answer came, or not all of it. */
export function toTransportError(error: unknown): MaloteError {
  if (error instanceof MaloteError) return error;
  const codes = codesOf(error);
  const code = codes.map(transportCode).find(known => known !== undefined) ?? 'connection_lost';
  const { message = '', cure = '' } = words[code] ?? {};
  return new MaloteError(code, message, { cause: error, cure });
}

/** Why everything ended at once: `signal` was aborted. */
export function endedBy(signal: AbortSignal): MaloteError {
  const { reason } = signal;
  return reason instanceof MaloteError ? reason : silence(reason);
}

/** No answer in time. */
export function silence(cause?: unknown): MaloteError {
  const { message = '', cure = '' } = words.mailbox_timeout ?? {};
  return new MaloteError('mailbox_timeout', message, { cause, cure });
}

function codeOf({ status, code, retryAfterMs }: GraphRefusal): ErrorCode {
  if (noMailbox.has(code)) return 'mailbox_missing';
  if (status === 401) return 'login_refused';
  if (status === 403) return 'permission_missing';
  if (status === 429) return 'mailbox_throttled';
  // Without a time to wait it may be one mail that Exchange cannot cope with: that is for `connection_lost` to find out.
  if (status === 503 || status === 504)
    return retryAfterMs === undefined ? 'connection_lost' : 'mailbox_throttled';
  return status >= 500 && status !== 501 ? 'connection_lost' : 'protocol_violation';
}

/** fetch hides what happened in causes, and several attempts to connect in an AggregateError. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code } = error as { code?: unknown };
  return [...(typeof code === 'string' ? [code] : []), ...codesOf(error.cause)];
}

function transportCode(code: string): ErrorCode | undefined {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'host_unknown';
  if (/^UND_ERR_\w+_TIMEOUT$/.test(code)) return 'mailbox_timeout';
  if (/^(HPE_|UND_ERR_(HEADERS|RESPONSE))/.test(code)) return 'protocol_violation';
  return connectionCode(code);
}

type Words = Partial<Record<ErrorCode, { message?: string; cure: string }>>;

const words: Words = {
  login_refused: {
    message: 'Microsoft Graph does not take the token, not even a new one.',
    cure: 'Check mailbox.auth.tenantId: it is the tenant that the mailbox is in; the operator checks that MICROSOFT_LOGIN_URL and MICROSOFT_GRAPH_URL are of the same cloud.',
  },
  permission_missing: {
    message: 'Microsoft Graph does not let the app do this in the mailbox.',
    cure: 'Let the app into this mailbox with the role "Application Mail.ReadWrite" (RBAC for Applications in Exchange Online), or give it the application permission Mail.ReadWrite in Entra ID with the consent of an administrator; it can take two hours to count.',
  },
  mailbox_missing: {
    message: 'Microsoft Graph finds no mailbox that it could read at this address.',
    cure: 'Check mailbox.address for a typing error, and that the mailbox is in Exchange Online, with a licence unless it is a shared one.',
  },
  disposal_refused: {
    message: 'Microsoft Graph lets the app read the mailbox, but not move mail in it.',
    cure: 'Give the app Mail.ReadWrite for this mailbox instead of Mail.Read. Mail goes on being taken in and is moved then.',
  },
  mailbox_throttled: {
    message: 'Microsoft Graph asks to wait before this mailbox is read again.',
    cure: 'Nothing to do: it is read again then. If it goes on, raise pollSeconds.',
  },
  mailbox_timeout: {
    message: 'Microsoft Graph did not answer in time.',
    cure: 'Nothing to do: it is asked again. If it goes on, see the service health of Microsoft 365.',
  },
  connection_lost: {
    message: 'Microsoft Graph broke off.',
    cure: 'Nothing to do: it is asked again. If it goes on, see the service health of Microsoft 365.',
  },
  connection_refused: {
    message: 'Microsoft Graph cannot be reached.',
    cure: 'Check that the network lets this app out to Microsoft Graph, and MICROSOFT_GRAPH_URL.',
  },
  host_unknown: {
    message: 'The host of Microsoft Graph cannot be found.',
    cure: "Check MICROSOFT_GRAPH_URL, and the DNS of this app's network.",
  },
  certificate_invalid: {
    message: 'The certificate of Microsoft Graph is not trusted.',
    cure: 'Check MICROSOFT_GRAPH_URL, and that no proxy on the way opens encrypted connections.',
  },
  tls_failed: {
    message: 'No encrypted connection to Microsoft Graph could be made.',
    cure: 'Check MICROSOFT_GRAPH_URL, and that no proxy on the way opens encrypted connections.',
  },
  protocol_violation: {
    message: 'Microsoft Graph answered something unexpected.',
    cure: 'Check MICROSOFT_GRAPH_URL, and that no proxy on the way answers in its place.',
  },
};

/** Where a person consented: the app may do what this person may. */
const personWords: Words = {
  login_refused: {
    cure: 'Connect the mailbox again, with an account of the tenant that the mailbox is in.',
  },
  permission_missing: {
    message: 'Microsoft Graph does not let the person who connected the mailbox do this in it.',
    cure: 'Share the mailbox with the person who connected it (full access), and connect it again with the consent to Mail.ReadWrite.Shared; it can take two hours to count.',
  },
  disposal_refused: {
    message: 'Microsoft Graph lets the person who connected the mailbox read it, but not move mail in it.',
    cure: 'Give that person full access to the mailbox, and consent to Mail.ReadWrite.Shared. Mail goes on being taken in and is moved then.',
  },
};
