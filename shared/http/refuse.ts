// A failure as its caller and the log get it.
import type { InvocationContext } from '@azure/functions';
import { errorTraits, toMaloteError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Problem, toProblem } from './problem.ts';

/** The problem, and one fact in the log: of what failed inside, where it did, but not its words, which may be anybody's. */
export function refuse(thrown: unknown, log: Log, { invocationId }: InvocationContext): Problem {
  const error = toMaloteError(thrown);
  const { status } = errorTraits[error.code];
  if (status >= 500) {
    const message = error.code === 'internal' ? undefined : error.message;
    log.error('request-failed', { code: error.code, message, where: whereOf(thrown) });
  } else {
    log.info('request-refused', { code: error.code });
  }
  return toProblem(error, `urn:uuid:${invocationId}`);
}

/** The name of an error, or of its cause, and the places in the code that it came through. */
export function whereOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  const { name, stack = '' } = thrown.cause instanceof Error ? thrown.cause : thrown;
  const frames = stack.split('\n').filter(line => line.startsWith('    at '));
  return [name, ...frames.slice(0, 8).map(line => line.trim())].join(' ');
}
