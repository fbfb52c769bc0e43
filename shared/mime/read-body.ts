// The text and the HTML of a mail from the parts that make them up, each form completed from the other.

import { chooseBody } from './body.ts';
import type { Contents } from './contents.ts';
import type { Defects } from './defects.ts';
import { htmlToText, wordsOf } from './html-text.ts';
import { limits } from './limits.ts';
import type { Part } from './part.ts';
import { type SanitizeContext, sanitize, textAsHtml } from './sanitize.ts';
import { readText } from './text.ts';
import { takeUuencodedFiles } from './uuencode.ts';

/** What a person reads of a mail. */
export type ReadBody = {
  text: string;
  html: string | null;
  /** Positions of the attachments that the HTML shows. */
  shown: ReadonlySet<number>;
};

/** Reads the text parts below `root`; files that stand uuencoded in them become attachments. */
export function readBody(root: Part, contents: Contents, defects: Defects): ReadBody {
  const words = new Map<Part, string>();
  for (const [part, bytes] of contents.texts) words.set(part, readWords(part, bytes, contents, defects));
  const context: SanitizeContext = {
    attachmentByContentId: positionsByContentId(contents),
    shown: new Set(),
    defects,
  };
  const safe = new Map<Part, string | null>();
  const safeHtml = (part: Part) => {
    if (!safe.has(part)) safe.set(part, sanitize(words.get(part) ?? '', context));
    return safe.get(part) ?? null;
  };

  const body = chooseBody(root);
  const wordsOfHtml = (part: Part) => {
    const html = safeHtml(part);
    return html === null ? wordsOf(words.get(part) ?? '') : htmlToText(html);
  };
  const text = body.text.map(part =>
    part.type === 'text/html' ? wordsOfHtml(part) : (words.get(part) ?? ''),
  );
  // An empty plain form is as good as none: programs that send HTML add one for form's sake.
  const html = body.html.filter(part => part.type === 'text/html');
  const written = text.some(piece => piece.trim() !== '') ? join(text) : join(html.map(wordsOfHtml));
  return {
    text: limited(written, defects),
    html: html.length > 0 ? joinHtml(body.html, words, safeHtml, contents, context) : null,
    shown: context.shown,
  };
}

function readWords(part: Part, bytes: Buffer, contents: Contents, defects: Defects): string {
  const written = readText(part, bytes, defects);
  if (part.type !== 'text/plain') return written;
  const { text, files } = takeUuencodedFiles(written);
  for (const file of files) contents.addFile(file.name, file.content);
  return text;
}

function positionsByContentId(contents: Contents): Map<string, number> {
  const positions = new Map<string, number>();
  for (const [position, { contentId }] of contents.attachments.entries()) {
    // Of two with the same identifier the first is shown, as clients do.
    if (contentId && !positions.has(contentId)) positions.set(contentId, position);
  }
  return positions;
}

/** Parts follow each other with a line break between them, whether or not the first ends in one. */
function join(texts: string[]): string {
  return texts
    .filter(text => text !== '')
    .map((text, position, all) => (position < all.length - 1 && !text.endsWith('\n') ? `${text}\n` : text))
    .join('');
}

function limited(text: string, defects: Defects): string {
  if (text.length <= limits.textCharacters) return text;
  defects.add(
    'text_too_long',
    `The text is longer than ${limits.textCharacters} characters; its end was left out.`,
  );
  return text.slice(0, limits.textCharacters).toWellFormed();
}

/** Null when none of the HTML could be made safe. */
function joinHtml(
  parts: Part[],
  words: Map<Part, string>,
  safeHtml: (part: Part) => string | null,
  contents: Contents,
  context: SanitizeContext,
): string | null {
  const pieces: string[] = [];
  for (const part of parts) {
    const position = contents.positions.get(part);
    if (part.type === 'text/html') {
      const html = safeHtml(part);
      if (html === null) return null;
      pieces.push(html);
    } else if (position === undefined) {
      const written = words.get(part) ?? '';
      if (written.trim() !== '') pieces.push(textAsHtml(written));
    } else if (part.type.startsWith('image/') && !context.shown.has(position)) {
      pieces.push(`<img data-attachment="${position}" alt="" />`);
    }
  }
  return pieces.join('\n');
}
