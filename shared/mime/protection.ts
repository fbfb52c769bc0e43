// How a mail is protected, as far as it shows without a key: S/MIME (RFC 8551), PGP/MIME (RFC 3156), PGP in the text (RFC 9580).
// Signatures are not judged.

import type { Protection } from '../domain/mail/mail.ts';
import type { Attachments } from './attachments.ts';
import type { Defects } from './defects.ts';

/**
 * What a multipart says of what is inside (RFC 1847).
 *
 * @param type its media type, lower case
 * @param params its parameters, names in lower case
 */
export function protectionOfMultipart(type: string, params: Record<string, string>): Protection | null {
  const protocol = (params.protocol ?? '').toLowerCase();
  if (type === 'multipart/encrypted') return { kind: 'pgp', signed: false, encrypted: true };
  if (type !== 'multipart/signed') return null;
  const isPgp = protocol === 'application/pgp-signature' || /^pgp-/i.test(params.micalg ?? '');
  const isSmime = /^application\/(?:x-)?pkcs7-signature$/.test(protocol) || protocol === '';
  if (!isPgp && !isSmime) return null;
  return { kind: isPgp ? 'pgp' : 'smime', signed: true, encrypted: false };
}

/**
 * How the whole mail is protected, and the defect of one that cannot be read.
 *
 * @param found what multiparts and S/MIME parts say, outermost first
 */
export function readProtection(
  found: Protection[],
  text: string,
  attachments: Attachments,
  defects: Defects,
): Protection | null {
  // Exchange makes a plain multipart of PGP/MIME, and leaves the types of its parts, or only their names.
  const hasPgpPart = attachments.kept.some(
    ({ type, name }) => type === 'application/pgp-encrypted' || /^encrypted\.asc$/i.test(name ?? ''),
  );
  const ofPart: Protection[] = hasPgpPart ? [{ kind: 'pgp', signed: false, encrypted: true }] : [];
  const all = [...found, ...ofPart, ...protectionOfText(text)];
  const outermost = all[0];
  if (!outermost) return null;
  const encrypted = all.some(each => each.encrypted);
  if (encrypted)
    defects.add('encrypted', 'The mail, or a part of it, is encrypted; what it says was not read.');
  return { kind: outermost.kind, signed: all.some(each => each.signed), encrypted };
}

/** A block of PGP that the text itself has; one that is quoted was another mail's. */
function protectionOfText(text: string): Protection[] {
  const block = /^-----BEGIN PGP (SIGNED )?MESSAGE-----[ \t]*$/m.exec(text);
  if (!block) return [];
  const signed = block[1] !== undefined;
  return [{ kind: 'pgp', signed, encrypted: !signed }];
}
