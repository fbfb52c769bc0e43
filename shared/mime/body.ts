// The text and the HTML of a mail, ready to show or to search, each form completed from the other.

import type { Attachments } from './attachments.ts';
import type { Defects } from './defects.ts';
import { htmlToText, wordsOf } from './html-text.ts';
import { imageReferences } from './image-references.ts';
import { limits } from './limits.ts';
import { type SanitizeContext, sanitize } from './sanitize.ts';
import { takeUuencodedFiles } from './uuencode.ts';

/** What a person reads of a mail. */
export type Body = {
  text: string;
  html: string | null;
  /** Positions of the attachments that the HTML shows. */
  shown: ReadonlySet<number>;
  /** The HTML as the sender's program wrote it, not safe to show; empty when there is none. */
  writtenHtml: string;
};

/** The text of a mail as mailparser joins it from its parts. */
export type ParsedText = { text?: string; html?: string };

/**
 * Reads the text of a mail; files that stand uuencoded in it become attachments.
 *
 * @param htmlStandsAlone whether some of the HTML has no plain form, so that only the HTML is complete
 */
export async function readBody(
  parsed: ParsedText,
  htmlStandsAlone: boolean,
  attachments: Attachments,
  defects: Defects,
): Promise<Body> {
  const { text: plain, files } = takeUuencodedFiles(tidy(parsed.text ?? ''));
  for (const file of files) await attachments.addFile(file.name, file.content);
  if (!parsed.html) return { text: limited(plain, defects), html: null, shown: new Set(), writtenHtml: '' };

  const written = tidy(parsed.html);
  const context: SanitizeContext = {
    ...imageReferences(attachments.kept),
    shown: new Set(),
    defects,
  };
  const html = sanitize(written, context);
  // An empty plain form is as good as none: programs that send HTML add one for form's sake.
  const complete = !htmlStandsAlone && plain.trim() !== '';
  const text = complete ? plain : html === null ? wordsOf(written) : htmlToText(html);
  return {
    text: limited(text, defects),
    html: html && html + pictures(attachments, context.shown),
    shown: context.shown,
    writtenHtml: written,
  };
}

const showsNothing = /[[\p{Cc}\ufeff]--[\t\n]]/gv;

/** Control characters other than tab and line break show nothing and break consumers. */
function tidy(text: string): string {
  if (text.search(showsNothing) < 0) return text;
  return text.replace(/(?<!\r)\r+\n|\r/g, '\n').replace(showsNothing, '');
}

/** Photos that a telephone put between paragraphs: they have no place in the HTML, and are shown at its end. */
function pictures(attachments: Attachments, shown: ReadonlySet<number>): string {
  return attachments.kept
    .map((kept, position) => ({ ...kept, position }))
    .filter(
      ({ betweenParts, type, position }) => betweenParts && type.startsWith('image/') && !shown.has(position),
    )
    .map(({ position }) => `\n<img data-attachment="${position}" alt="" />`)
    .join('');
}

function limited(text: string, defects: Defects): string {
  if (text.length <= limits.textCharacters) return text;
  const message = `The text is longer than ${limits.textCharacters} characters; its end was left out.`;
  defects.add('text_too_long', message);
  return text.slice(0, limits.textCharacters).toWellFormed();
}
