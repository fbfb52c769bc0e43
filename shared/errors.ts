// The one error of the product: a closed set of codes, and what each means - over HTTP, and for the mails and mailboxes it met.

type Trait = {
  /** HTTP status of a response that carries this code. */
  status: number;
  /**
   * Whose fault it is, and so what rests until somebody mends it, or it passes. All but `caller`, `sending` and `ours` are recorded in
   * the status of a mailbox, with back-off.
   * - `caller`: the request.
   * - `account`: the mailbox as a whole, whatever is asked of it.
   * - `mailbox`: its connection, or the folder that is read.
   * - `disposal`: moving and deleting alone; mails go on being taken in.
   * - `sending`: one mail that the mailbox sends; nothing else waits for it.
   * - `mail`: one mail, which a store will never take as it is.
   * - `ours`: our database, bus, blobs or code; it counts against no mailbox.
   */
  fault: 'caller' | 'account' | 'mailbox' | 'disposal' | 'sending' | 'mail' | 'ours';
  /** A single mail may be the reason: what it leaves undone comes again alone, after all others. */
  mailSuspected?: true;
  /** This login does not open this mailbox, as far as the server tells. */
  denied?: true;
  /** The server took the login before it said so. */
  loggedIn?: true;
  /** The server asked to wait: nothing more is asked of it now. */
  waits?: true;
};

/** Every code there is. The code is part of the API: it never changes its meaning. */
export const errorTraits = {
  // What a caller sent
  malformed_json: { status: 400, fault: 'caller' },
  malformed_parameter: { status: 400, fault: 'caller' },
  unauthenticated: { status: 401, fault: 'caller' },
  forbidden: { status: 403, fault: 'caller' },
  not_found: { status: 404, fault: 'caller' },
  conflict: { status: 409, fault: 'caller' },
  precondition_failed: { status: 412, fault: 'caller' },
  unsupported_media_type: { status: 415, fault: 'caller' },
  invalid: { status: 422, fault: 'caller' },
  precondition_required: { status: 428, fault: 'caller' },
  // What a store never takes: a mail, or what a caller sent
  too_large: { status: 413, fault: 'mail', mailSuspected: true },
  refused_by_store: { status: 500, fault: 'mail', mailSuspected: true },
  // A mailbox, whatever is asked of it
  login_refused: { status: 502, fault: 'account', denied: true },
  login_unavailable: { status: 502, fault: 'account' },
  consent_required: { status: 502, fault: 'account' },
  app_refused: { status: 502, fault: 'account' },
  mailbox_missing: { status: 502, fault: 'account', denied: true },
  permission_missing: { status: 502, fault: 'account', denied: true },
  host_unknown: { status: 502, fault: 'account' },
  host_forbidden: { status: 502, fault: 'account' },
  certificate_invalid: { status: 502, fault: 'account' },
  mailbox_throttled: { status: 503, fault: 'account', waits: true },
  secret_unreadable: { status: 500, fault: 'account' },
  // The connection to it, or its folder
  folder_missing: { status: 502, fault: 'mailbox', loggedIn: true },
  connection_refused: { status: 502, fault: 'mailbox' },
  connection_lost: { status: 502, fault: 'mailbox', mailSuspected: true },
  mailbox_timeout: { status: 504, fault: 'mailbox', mailSuspected: true },
  // Of a maildrop that another client has locked (RFC 2449 8.1.1).
  mailbox_busy: { status: 503, fault: 'mailbox', loggedIn: true },
  // A part of the server is down that opens mailboxes, or searches them.
  mailbox_unavailable: { status: 503, fault: 'mailbox', loggedIn: true },
  tls_failed: { status: 502, fault: 'mailbox' },
  protocol_violation: { status: 502, fault: 'mailbox', mailSuspected: true },
  // Moving and deleting
  destination_missing: { status: 502, fault: 'disposal', loggedIn: true },
  disposal_refused: { status: 502, fault: 'disposal', loggedIn: true },
  // Sending a mail
  recipient_refused: { status: 502, fault: 'sending' },
  mail_refused: { status: 502, fault: 'sending' },
  sending_deferred: { status: 503, fault: 'sending' },
  // Ours
  misconfigured: { status: 500, fault: 'ours' },
  dependency_unavailable: { status: 503, fault: 'ours' },
  lease_lost: { status: 409, fault: 'ours' },
  internal: { status: 500, fault: 'ours', mailSuspected: true },
} as const satisfies Record<string, Trait>;

/** What a code means. */
export function traitsOf(code: ErrorCode): Trait {
  return errorTraits[code];
}

/** Whether this is about the state of one mailbox, rather than the caller, a mail or ourselves. */
export function isMailboxTrouble(error: unknown): error is MaloteError {
  if (!(error instanceof MaloteError)) return false;
  const { fault } = traitsOf(error.code);
  return fault === 'account' || fault === 'mailbox' || fault === 'disposal';
}

export type ErrorCode = keyof typeof errorTraits;

/** One member of a request that was refused: where it is, which rule, what to do. */
export type FieldError = {
  /** Path as the caller wrote it, e.g. `mailbox.afterRead.folder` or `groups[1].groupId`. */
  field: string;
  /** One sentence: what is wrong and the cure. */
  message: string;
};

type Options = {
  cause?: unknown;
  /** How long the other side asked us to wait. */
  retryAfterMs?: number;
  fields?: FieldError[];
  /** One sentence for the person who can mend it. */
  cure?: string;
};

/** The only error that leaves `shared/`. Known failures carry a code; anything else is `internal` at the edges. */
export class MaloteError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly fields: FieldError[];
  readonly cure: string | undefined;

  constructor(code: ErrorCode, message: string, options: Options = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MaloteError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.fields = options.fields ?? [];
    this.cure = options.cure;
  }
}

/** The error as ours: itself when it is one already, otherwise `internal` with the original as its cause. */
export function toMaloteError(error: unknown): MaloteError {
  if (error instanceof MaloteError) return error;
  return new MaloteError('internal', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}

/** The name of an error, or of its cause, and the places in the code that it came through. */
export function whereOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  const { name, stack = '' } = thrown.cause instanceof Error ? thrown.cause : thrown;
  const frames = stack.split('\n').filter(line => line.startsWith('    at '));
  return [name, ...frames.slice(0, 8).map(line => line.trim())].join(' ');
}
