// The one error of the product: a closed set of codes, what each means over HTTP, and whether trying again can help.

type Trait = {
  /** HTTP status of a response that carries this code. */
  status: number;
  /** Whether the same request can succeed later without anybody changing anything. */
  retried: boolean;
  /** Whether it is the state of one mailbox: recorded in its status, with back-off. */
  mailbox?: true;
};

/** Every code there is. The code is part of the API: it never changes its meaning. */
export const errorTraits = {
  // What a caller sent
  malformed_json: { status: 400, retried: false },
  malformed_parameter: { status: 400, retried: false },
  unauthenticated: { status: 401, retried: false },
  forbidden: { status: 403, retried: false },
  not_found: { status: 404, retried: false },
  conflict: { status: 409, retried: false },
  precondition_failed: { status: 412, retried: false },
  too_large: { status: 413, retried: false },
  unsupported_media_type: { status: 415, retried: false },
  invalid: { status: 422, retried: false },
  precondition_required: { status: 428, retried: false },
  // A mailbox: recorded in its status, backs off
  login_refused: { status: 502, retried: true, mailbox: true },
  login_unavailable: { status: 502, retried: true, mailbox: true },
  consent_required: { status: 502, retried: true, mailbox: true },
  app_refused: { status: 502, retried: true, mailbox: true },
  mailbox_missing: { status: 502, retried: true, mailbox: true },
  permission_missing: { status: 502, retried: true, mailbox: true },
  folder_missing: { status: 502, retried: true, mailbox: true },
  destination_missing: { status: 502, retried: true, mailbox: true },
  disposal_refused: { status: 502, retried: true, mailbox: true },
  host_unknown: { status: 502, retried: true, mailbox: true },
  host_forbidden: { status: 502, retried: true, mailbox: true },
  connection_refused: { status: 502, retried: true, mailbox: true },
  connection_lost: { status: 502, retried: true, mailbox: true },
  mailbox_timeout: { status: 504, retried: true, mailbox: true },
  mailbox_busy: { status: 503, retried: true, mailbox: true },
  mailbox_throttled: { status: 503, retried: true, mailbox: true },
  tls_failed: { status: 502, retried: true, mailbox: true },
  certificate_invalid: { status: 502, retried: true, mailbox: true },
  protocol_violation: { status: 502, retried: true, mailbox: true },
  secret_unreadable: { status: 500, retried: true, mailbox: true },
  // Ours
  misconfigured: { status: 500, retried: false },
  dependency_unavailable: { status: 503, retried: true },
  refused_by_store: { status: 500, retried: false },
  lease_lost: { status: 409, retried: true },
  internal: { status: 500, retried: false },
} as const satisfies Record<string, Trait>;

/** Whether this is about the state of one mailbox, rather than the caller or ourselves. */
export function isMailboxTrouble(error: unknown): error is MaloteError {
  return error instanceof MaloteError && 'mailbox' in errorTraits[error.code];
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
