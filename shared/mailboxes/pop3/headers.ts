// What a mail in a maildrop is known by: a digest of its header block.
import { createHash } from 'node:crypto';
import { headerFields } from '../header-block.ts';

/** Lines that servers add or change when a mail is read (qpopper and its heirs). */
const VOLATILE = /^(status|x-uidl):/i;

/** The SHA-256 of a header block in hex, less `Status` and `X-UIDL`; the kind and number of final line ends do not count. */
export function headerDigest(block: Buffer): string {
  const kept = headerFields(block).filter(field => !VOLATILE.test(field));
  return createHash('sha256').update(kept.join('\r\n'), 'latin1').digest('hex');
}
