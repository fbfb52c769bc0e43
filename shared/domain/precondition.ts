// Conditional changes by ETag: nobody overwrites what they have not seen (RFC 9110 section 13.1.1, RFC 6585 section 3).
import { MaloteError } from '../errors.ts';

/**
 * Makes sure that a change was asked for the state that there is.
 * @param ifMatch the header as it was sent: entity tags separated by commas, or `*` for any state
 * @throws MaloteError `precondition_required` without the header, `malformed_parameter` when it has no entity tag that could
 *   match, `precondition_failed` when it names another state
 */
export function requireMatch(ifMatch: string | undefined, etag: string): void {
  if (ifMatch === undefined) {
    throw new MaloteError(
      'precondition_required',
      'A change needs the header If-Match with the ETag of the state it is meant for; read it first.',
    );
  }
  const tags = readIfMatch(ifMatch);
  if (tags !== '*' && !tags.includes(etag)) throw changedMeanwhile();
}

/**
 * Makes sure that nothing was asked for a state, where there is none.
 * @throws MaloteError `malformed_parameter`, `precondition_failed`
 */
export function requireAbsence(ifMatch: string | undefined): void {
  if (ifMatch === undefined) return;
  readIfMatch(ifMatch);
  throw changedMeanwhile();
}

/** RFC 9110 8.8.3: an opaque text in quotation marks, before which `W/` says that it is weak. */
const entityTag = /^(W\/)?"[\x21\x23-\x7e\x80-\uffff]*"$/;
/** A comma may stand within a tag. */
const listed = /(?:"[^"]*"|[^,"])+/g;

/** The entity tags, or `*`: any state. */
function readIfMatch(ifMatch: string): string[] | '*' {
  if (ifMatch.trim() === '*') return '*';
  const tags = (ifMatch.match(listed) ?? []).map(tag => tag.trim()).filter(tag => tag !== '');
  if (tags.length === 0 || tags.some(tag => !entityTag.test(tag))) {
    throw malformed(
      'If-Match must be an ETag in quotation marks, as the header ETag of an answer has it, such as If-Match: "0a1b-2c3d"; or * for any state.',
    );
  }
  if (tags.every(tag => tag.startsWith('W/'))) {
    throw malformed(
      'If-Match has a weak ETag, which matches nothing (RFC 9110 13.1.1): leave out the W/ before it. Something between us made it weak, such as a proxy that compresses.',
    );
  }
  return tags;
}

function malformed(message: string): MaloteError {
  return new MaloteError('malformed_parameter', message, { fields: [{ field: 'If-Match', message }] });
}

/** What a change is answered that came second. */
export function changedMeanwhile(): MaloteError {
  return new MaloteError(
    'precondition_failed',
    'It was changed since you read it, or does not exist any more; read it again and repeat your change.',
  );
}
