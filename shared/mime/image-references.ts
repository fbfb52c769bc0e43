// Which attachment an image of the HTML means: by its Content-ID, or as fax gateways and saved pages have it, by its name.

import type { KeptAttachment } from './attachments.ts';

/** Positions in `mail.attachments`. */
export type ImageReferences = {
  /** As written, and in lower case where no other is written so. */
  attachmentByContentId: ReadonlyMap<string, number>;
  /** Images, by their file name and by their Content-Location. */
  attachmentByName: ReadonlyMap<string, number>;
};

/** Of two with the same identifier or name the first is shown, as clients do. */
export function imageReferences(kept: KeptAttachment[]): ImageReferences {
  const byContentId = new Map<string, number>();
  const byName = new Map<string, number>();
  const add = (positions: Map<string, number>, key: string | null | undefined, position: number) => {
    if (key && !positions.has(key)) positions.set(key, position);
  };
  for (const [position, { contentId }] of kept.entries()) add(byContentId, contentId, position);
  for (const [position, { contentId, type, name, location }] of kept.entries()) {
    add(byContentId, contentId?.toLowerCase(), position);
    if (!type.startsWith('image/')) continue;
    add(byName, location, position);
    add(byName, name, position);
  }
  return { attachmentByContentId: byContentId, attachmentByName: byName };
}

const longestReference = 2000;

/** @param src of an image, without blanks around it; RFC 2392 2: in a `cid:` URL a Content-ID is percent-encoded */
export function findImage(src: string, references: ImageReferences): number | undefined {
  if (src.length > longestReference) return undefined;
  const { attachmentByContentId, attachmentByName } = references;
  const byScheme = /^cid:/i.test(src);
  const name = decodePercent(byScheme ? src.slice('cid:'.length) : src);
  const position = attachmentByContentId.get(name) ?? attachmentByContentId.get(name.toLowerCase());
  if (byScheme || position !== undefined) return position;
  return attachmentByName.get(src) ?? attachmentByName.get(name.replace(/^\.\//, ''));
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
