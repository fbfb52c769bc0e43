// A failure as its caller and the log get it.
import type { InvocationContext } from '@azure/functions';
import { toMaloteError, traitsOf, whereOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Problem, toProblem } from './problem.ts';

/** The problem, and one fact in the log: of what failed inside, where it did, but not its words, which may be anybody's. */
export function refuse(thrown: unknown, log: Log, { invocationId }: InvocationContext): Problem {
  const error = toMaloteError(thrown);
  const { status } = traitsOf(error.code);
  if (status >= 500) {
    const message = error.code === 'internal' ? undefined : error.message;
    log.error('request-failed', { code: error.code, message, where: whereOf(thrown) });
  } else {
    log.info('request-refused', { code: error.code });
  }
  return toProblem(error, `urn:uuid:${invocationId}`);
}
