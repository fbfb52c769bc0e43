// How a request is refused for what its members say.
import { type FieldError, MaloteError } from '../errors.ts';

/** The error that tells every fault of a request: `invalid`, or `conflict` when only others stand in the way. */
export function refusal(code: 'invalid' | 'conflict', fields: FieldError[]): MaloteError {
  const message =
    fields.length === 1 ? (fields[0]?.message ?? '') : `The request has ${fields.length} faults; see errors.`;
  return new MaloteError(code, message, { fields });
}
