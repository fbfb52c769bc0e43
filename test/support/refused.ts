// What a test expects of a failure: its code, and what its message says.
import { type ErrorCode, MaloteError } from '../../shared/errors.ts';

/** For `assert.rejects`. */
export function refusedAs(code: ErrorCode, message: RegExp) {
  return (error: unknown): boolean =>
    error instanceof MaloteError && error.code === code && message.test(error.message);
}
