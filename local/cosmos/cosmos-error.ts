// How the stand-in refuses: the status, code and sentence of the service's REST errors.
// https://learn.microsoft.com/rest/api/cosmos-db/http-status-codes-for-cosmosdb

export class CosmosError extends Error {
  readonly status: number;
  readonly code: string;
  /** What the answer says besides. */
  headers: Record<string, string> = {};

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'CosmosError';
    this.status = status;
    this.code = code;
  }
}

/** What the client sent is wrong, or is something this stand-in does not do. */
export function badRequest(message: string): CosmosError {
  return new CosmosError(400, 'BadRequest', message);
}

/** Something the real service does and this stand-in refuses, so that nothing passes by accident. */
export function unsupported(what: string): CosmosError {
  return badRequest(`${what}: not supported by the local stand-in.`);
}

export function unauthorized(message: string): CosmosError {
  return new CosmosError(401, 'Unauthorized', message);
}

export function notFound(what: string): CosmosError {
  return new CosmosError(404, 'NotFound', `${what} does not exist.`);
}

export function conflict(what: string): CosmosError {
  return new CosmosError(409, 'Conflict', `${what} already exists.`);
}

export function preconditionFailed(): CosmosError {
  return new CosmosError(412, 'PreconditionFailed', 'One of the specified pre-condition is not met.');
}

export function tooLarge(what: string): CosmosError {
  return new CosmosError(413, 'RequestEntityTooLarge', `${what} is over 2 MB.`);
}
