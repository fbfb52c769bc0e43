// Which parts are the text of a mail, in its plain and in its HTML form, and which are attachments (RFC 8621 4.1.4).

import type { Part } from './part.ts';

/** The parts that make up the mail's text, in reading order. HTML stands among the text where it has no plain form. */
export type Body = { text: Part[]; html: Part[] };

/** RFC 1896 text/enriched and its older name are read as text; every other subtype of text is a file. */
const textTypes = new Set(['text/plain', 'text/html', 'text/enriched', 'text/richtext']);

function isMedia(part: Part): boolean {
  return /^(?:image|audio|video)\//.test(part.type);
}

/** RFC 2387 3.2: the root of a multipart/related is its first part unless `start` names another. */
function isFirst(part: Part): boolean {
  const parent = part.parent;
  if (!parent) return true;
  const start = parent.contentType.parameters.get('start')?.replace(/^[\s<]+|[\s>]+$/g, '');
  return parent.children[0] === part || (start !== undefined && start === part.contentId);
}

/**
 * Whether a leaf belongs to the text rather than beside it. Known as soon as its header is read, given that it stands
 * in its parent's list of children: later parts do not change it.
 */
export function isBodyText(part: Part): boolean {
  if (part.disposition.value === 'attachment' || !textTypes.has(part.type)) return false;
  if (isFirst(part)) return true;
  if (part.parent?.type === 'multipart/alternative')
    return part.type === 'text/plain' || part.type === 'text/html';
  return part.parent?.type !== 'multipart/related' && part.name === null;
}

/** Whether an attachment is shown where it stands, as clients that send photos between paragraphs intend. */
export function isInlineMedia(part: Part): boolean {
  return isMedia(part) && part.disposition.value === 'inline';
}

/** Chooses the text of a mail: the algorithm of RFC 8621 4.1.4, on the tree below `root`. */
export function chooseBody(root: Part): Body {
  const text: Part[] = [];
  const html: Part[] = [];
  collect([root], 'multipart/mixed', false, text, html);
  return { text, html };
}

/** `text` and `html` are null where an enclosing alternative has decided that this branch is the other form. */
function collect(
  parts: Part[],
  type: string,
  inAlternative: boolean,
  text: Part[] | null,
  html: Part[] | null,
): void {
  const textLength = text?.length ?? -1;
  const htmlLength = html?.length ?? -1;
  for (const part of parts) {
    if (part.children.length > 0) {
      const alternative = inAlternative || part.type === 'multipart/alternative';
      collect(part.children, part.type, alternative, text, html);
    } else if (isBodyText(part)) {
      const isHtml = part.type === 'text/html';
      if (type === 'multipart/alternative') {
        (isHtml ? html : text)?.push(part);
        continue;
      }
      if (inAlternative) {
        if (isHtml) text = null;
        else html = null;
      }
      text?.push(part);
      html?.push(part);
    } else if (isInlineMedia(part) && type !== 'multipart/related' && type !== 'multipart/alternative') {
      html?.push(part);
    }
  }
  if (type !== 'multipart/alternative' || !text || !html) return;
  // Only one of the two forms was there: it stands for the other.
  if (text.length === textLength && html.length > htmlLength) text.push(...html.slice(htmlLength));
  else if (html.length === htmlLength && text.length > textLength) html.push(...text.slice(textLength));
}
