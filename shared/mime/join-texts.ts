// Several texts of one mail made one: that of the mail, and those that were found inside of what it carries.

import type { ParsedText } from './body.ts';
import { Defects } from './defects.ts';
import { htmlToText, wordsOf } from './html-text.ts';
import { limits } from './limits.ts';
import { sanitize, textAsHtml } from './sanitize.ts';

/** A text, and whether only its HTML is complete. */
export type Texts = { text: ParsedText; htmlStandsAlone: boolean };

/** One text after the other, in both forms. */
export function joinTexts(first: Texts, second: Texts): Texts {
  if (isEmpty(first)) return second;
  if (isEmpty(second)) return first;
  const both = [first, second];
  const text = limited(both.map(({ text }) => text.text ?? '').join('\n\n'));
  if (!both.some(({ text }) => text.html)) return { text: { text }, htmlStandsAlone: false };
  const html = limited(both.map(({ text }) => text.html || textAsHtml(text.text ?? '')).join('<br/>\n'));
  const htmlStandsAlone = both.some(each => each.htmlStandsAlone || !each.text.text?.trim());
  return { text: { text, html }, htmlStandsAlone };
}

/**
 * Two texts that may be two forms of one, as Outlook sends them: what one says already is not said twice.
 *
 * @param plain the form that is shown by programs that know no other; its words come first
 */
export function joinForms(plain: Texts, rich: Texts): Texts {
  if (isEmpty(plain)) return rich;
  const [plainWords, richWords] = [lettersOf(plain), lettersOf(rich)];
  if (plainWords === richWords) return { ...plain, text: { ...rich.text, ...plain.text } };
  if (begins(plainWords, richWords)) return plain;
  if (begins(richWords, plainWords)) return rich;
  return joinTexts(plain, rich);
}

/** However many are joined, one text is not larger than one part may be. */
function limited(text: string): string {
  return text.slice(0, limits.textBytes);
}

function isEmpty({ text }: Texts): boolean {
  return !text.text?.trim() && !text.html?.trim();
}

/** Whether a text is another with something above or below, as gateways add it. */
function begins(longer: string, shorter: string): boolean {
  return shorter !== '' && (longer.startsWith(shorter) || longer.endsWith(shorter));
}

/**
 * Letters and digits alone: layout differs from form to form, and what Exchange adds to plain text, the addresses of links
 * in brackets and the names of files in two: `<https://example.com>`, `<<pedido.pdf>>`.
 */
function lettersOf({ text }: Texts): string {
  const words = text.text?.trim() ? text.text : wordsOfHtml(text.html ?? '');
  return words
    .slice(0, limits.textCharacters)
    .replace(/<[a-z]{1,10}:[^<>\s]{1,2000}>|<<[^<>\n]{1,260}>>/gi, '')
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .normalize('NFC');
}

function wordsOfHtml(html: string): string {
  const safe = sanitize(html, {
    attachmentByContentId: new Map(),
    attachmentByName: new Map(),
    shown: new Set(),
    defects: new Defects(),
  });
  return safe === null ? wordsOf(html) : htmlToText(safe);
}
