// Names under which attachments can be saved: safe on every system, whatever the mail says.

import { isUtf8 } from 'node:buffer';
import libmime from 'libmime';
import { HeaderFields } from './header-fields.ts';
import { limits } from './limits.ts';
import { plainLine } from './plain-line.ts';

/** Extensions for parts that have no name, where the common one is not what libmime knows. */
const extensions: Record<string, string> = {
  'application/gzip': 'gz',
  'application/pkcs7-mime': 'p7m',
  'application/x-pkcs7-mime': 'p7m',
  'audio/mpeg': 'mp3',
  'image/jpeg': 'jpg',
  'image/jpg': 'jpg',
  'message/delivery-status': 'txt',
  'message/disposition-notification': 'txt',
  'message/feedback-report': 'txt',
  'message/global': 'eml',
  'text/rfc822-headers': 'txt',
  'text/vcard': 'vcf',
};

/** Names that Windows keeps for devices, with any extension. */
const reserved = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$/i;

/**
 * A safe name for an attachment: no path, no control or direction-changing characters (`gpj.exe` shown as `exe.jpg`),
 * no name that a system reserves, at most 150 characters with the extension kept.
 *
 * @param sent the name the mail gives, null when it gives none
 * @param type media type, lower case
 * @param position counted from 1, for names that have to be made up
 */
export function safeFileName(sent: string | null, type: string, position: number): string {
  // The end is what counts: it has the extension, and the name after any path.
  const name = plainLine((sent ?? '').slice(-1000).replace(/[\p{Cc}\p{Cs}]/gu, ''))
    .normalize('NFC')
    // Only what follows the last separator of any system, or the drive.
    .replace(/^.*[/\\]|^[A-Za-z]:/, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/\s+/g, ' ')
    // Leading dots hide, trailing dots and blanks vanish on Windows.
    .replace(/^[. ]+|[. ]+$/g, '');
  if (name === '')
    return `${type === 'message/rfc822' ? 'message' : 'attachment'}-${position}.${extensions[type] ?? libmime.detectExtension(type)}`;
  const { stem, extension } = splitExtension(withExtension(name, type));
  const safeStem = reserved.test(stem.split('.')[0]?.trim() ?? '') ? `_${stem}` : stem;
  return shorten(safeStem, limits.nameCharacters - extension.length) + extension;
}

/** An attached mail is named after its subject by many clients; without `.eml` nothing opens it. */
function withExtension(name: string, type: string): string {
  return type === 'message/rfc822' && !/\.[a-z0-9]{1,5}$/i.test(name) ? `${name}.eml` : name;
}

/**
 * The name of an attached mail that has none: its subject, as mail programs name it.
 *
 * @param beginning the first bytes of the mail
 * @returns null when it has no subject
 */
export function mailFileName(beginning: Buffer): string | null {
  const end = /\r?\n\r?\n/.exec(beginning.toString('latin1'))?.index;
  const header = beginning.subarray(0, end);
  const fields = new HeaderFields(header.toString(isUtf8(header) ? 'utf8' : 'latin1'));
  const subject = libmime.decodeWords(fields.first('subject') ?? '').slice(0, 2 * limits.nameCharacters);
  // A subject has no folders and no drive: "RE: Pedido 10/2024".
  const name = subject.replace(/[/\\:]/g, '_').trim();
  return name === '' ? null : `${name}.eml`;
}

function splitExtension(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || name.length - dot > 20) return { stem: name, extension: '' };
  return { stem: name.slice(0, dot), extension: name.slice(dot) };
}

/** Cuts to a number of UTF-16 units without splitting a character in two. */
function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  return text
    .slice(0, length)
    .toWellFormed()
    .replace(/\ufffd$/, '')
    .trimEnd();
}
