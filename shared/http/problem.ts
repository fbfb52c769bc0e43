// Errors as callers get them: problem details, RFC 9457, with our stable code and every field at fault.
import { STATUS_CODES } from 'node:http';
import { type MaloteError, traitsOf } from '../errors.ts';

/** Said instead of a message that is about our inside. */
const concealed: Partial<Record<MaloteError['code'], string>> = {
  internal: 'Something went wrong that should not; the log has it under this instance.',
  misconfigured: 'The app is not set up rightly; the log has it under this instance.',
};

/** Of every answer, unless its handler says otherwise. */
export const safeHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export type Problem = { status: number; headers: Record<string, string>; body: string };

/**
 * The response for an error.
 * @param instance names this occurrence; the log has it too
 * @param status where another than the code's tells more
 */
export function toProblem(
  error: MaloteError,
  instance: string,
  status: number = traitsOf(error.code).status,
): Problem {
  const detail = concealed[error.code] ?? error.message;
  const problem = {
    title: STATUS_CODES[status],
    status,
    code: error.code,
    detail,
    instance,
    ...(error.cure !== undefined && { cure: error.cure }),
    ...(error.fields.length > 0 && !(error.code in concealed) && { errors: error.fields }),
  };
  return {
    status,
    headers: {
      ...safeHeaders,
      'content-type': 'application/problem+json',
      ...challenge(error),
      ...(error.retryAfterMs !== undefined && {
        'retry-after': String(Math.ceil(error.retryAfterMs / 1000)),
      }),
    },
    body: JSON.stringify(problem),
  };
}

/** RFC 6750 section 3: what kind of token is wanted, and why the one that came is not enough. */
function challenge({ code, cause, message }: MaloteError): Record<string, string> {
  if (code === 'forbidden')
    return { 'www-authenticate': 'Bearer realm="malote", error="insufficient_scope"' };
  if (code !== 'unauthenticated') return {};
  const why =
    cause === undefined ? '' : `, error="invalid_token", error_description="${message.replaceAll('"', "'")}"`;
  return { 'www-authenticate': `Bearer realm="malote"${why}` };
}
