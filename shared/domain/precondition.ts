// Conditional changes by ETag: nobody overwrites what they have not seen (RFC 9110 section 13.1.1, RFC 6585 section 3).
import { MaloteError } from '../errors.ts';

/**
 * Makes sure that a change was asked for the state that there is.
 * @param ifMatch the header as it was sent: entity tags separated by commas, or `*` for any state
 * @throws MaloteError `precondition_required` without the header, `precondition_failed` when it names another state
 */
export function requireMatch(ifMatch: string | undefined, etag: string): void {
  if (ifMatch === undefined) {
    throw new MaloteError(
      'precondition_required',
      'A change needs the header If-Match with the ETag of the state it is meant for; read it first.',
    );
  }
  const tags = ifMatch.split(',').map(tag => tag.trim());
  if (!tags.includes(etag) && ifMatch.trim() !== '*') throw changedMeanwhile();
}

/** What a change is answered that came second. */
export function changedMeanwhile(): MaloteError {
  return new MaloteError(
    'precondition_failed',
    'It was changed since you read it, or does not exist any more; read it again and repeat your change.',
  );
}
