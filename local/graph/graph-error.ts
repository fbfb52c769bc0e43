// How the stand-in refuses: the status, code and sentence of Microsoft Graph's errors.
// https://learn.microsoft.com/graph/errors

export class GraphError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'GraphError';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function badRequest(message: string): GraphError {
  return new GraphError(400, 'BadRequest', message);
}

/** Something the real service does, or may do, and this stand-in refuses, so that nothing passes by accident. */
export function unsupported(what: string): GraphError {
  return new GraphError(501, 'NotImplemented', `${what}: not supported by the local stand-in.`);
}

export function itemNotFound(): GraphError {
  return new GraphError(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
}

/** Where a message was to be moved to. */
export function targetFolderNotFound(): GraphError {
  return new GraphError(404, 'ErrorToFolderNotFound', 'The specified target folder could not be found.');
}

export function malformedId(): GraphError {
  return new GraphError(400, 'ErrorInvalidIdMalformed', 'Id is malformed.');
}

export function accessDenied(message: string): GraphError {
  return new GraphError(403, 'ErrorAccessDenied', message);
}

/** `Retry-After` is in whole seconds (RFC 9110 10.2.3). */
export function throttled(code: string, message: string, retryAfterMs: number): GraphError {
  return new GraphError(429, code, message, { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) });
}
