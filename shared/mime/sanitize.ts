// Foreign HTML made safe to show: an explicit list of elements and attributes, nothing that runs, loads or submits.

import sanitizeHtml from 'sanitize-html';
import type { Defects } from './defects.ts';
import { findImage, type ImageReferences } from './image-references.ts';
import { limits } from './limits.ts';
import { misleadingHosts } from './misleading-link.ts';
import { safeStyle } from './style.ts';

/** What sanitising needs to know of the mail. */
export type SanitizeContext = ImageReferences & {
  /** Filled with the positions that the HTML shows. */
  shown: Set<number>;
  defects: Defects;
};

/**
 * Elements that stay. All others are dropped and their words kept, but for those of `contentDropped`. The most frequent
 * come first: sanitize-html goes through the list for each element.
 */
const allowedTags = words(`
  p div span br a td tr table tbody img b strong font li ul
  abbr address article aside bdi bdo big blockquote caption center cite code col colgroup dd
  del dfn dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i ins kbd main
  mark nav ol pre q s samp section small strike sub sup tfoot th thead
  time tt u var wbr
`);

/** Elements whose content is no text of the mail. */
const contentDropped = words(`
  applet audio canvas embed iframe math noembed noframes noscript object option script select style
  svg template textarea title video xml xmp
`);

const tableAttributes = words('align bgcolor border cellpadding cellspacing height valign width');
const cellAttributes = [...tableAttributes, 'colspan', 'rowspan', 'scope'];

const allowedAttributes = {
  '*': ['style', 'dir', 'lang', 'title', 'align'],
  a: ['href', 'target', 'rel'],
  blockquote: ['type'],
  col: ['span', 'width'],
  font: ['color', 'face', 'size'],
  hr: ['size', 'width'],
  img: ['src', 'alt', 'width', 'height', 'border', 'data-attachment', 'data-remote-src'],
  li: ['value'],
  ol: ['start', 'type'],
  table: tableAttributes,
  tbody: tableAttributes,
  td: cellAttributes,
  th: cellAttributes,
  thead: tableAttributes,
  tr: tableAttributes,
  ul: ['type'],
};

class NestedTooDeep extends Error {}

/**
 * Sanitises one HTML part. Links open outside and tell nothing about where they were; remote images do not load
 * (`src` becomes `data-remote-src`); images of the mail carry `data-attachment`, their position in `mail.attachments`.
 *
 * @param html any text; what lies beyond the limit is left out
 * @returns safe HTML; null when it is nested so deep that only its words can be used
 */
export function sanitize(html: string, context: SanitizeContext): string | null {
  let source = html;
  if (source.length > limits.htmlCharacters) {
    source = source.slice(0, limits.htmlCharacters);
    context.defects.add(
      'html_too_long',
      `The HTML is longer than ${limits.htmlCharacters} characters; its end was left out.`,
    );
  }
  const styles = new Map<string, string>();
  let depth = 0;
  try {
    return sanitizeHtml(source, {
      allowedTags,
      allowedAttributes,
      nonTextTags: contentDropped,
      allowedSchemes: ['http', 'https', 'mailto', 'tel'],
      allowedSchemesByTag: { img: ['cid', 'data'] },
      allowedSchemesAppliedToAttributes: ['href', 'src'],
      allowProtocolRelative: false,
      // Declarations are filtered by `safeStyle`; a full CSS parser per attribute would take most of the time.
      parseStyleAttributes: false,
      transformTags: {
        a: (tagName, attributes) => ({ tagName, attribs: outsideLink(attributes) }),
        blockquote: (tagName, attributes) => ({ tagName, attribs: quote(attributes) }),
        img: (tagName, attributes) => ({ tagName, attribs: image(attributes, context) }),
        // Runs for every element, after those above.
        '*': (tagName, attributes) => ({
          tagName,
          attribs: withSafeStyle(tagName, withSafeExtents(attributes), styles),
        }),
      },
      // Runs when an element has been read.
      exclusiveFilter: ({ tag, attribs, text }) => {
        if (tag === 'a' && attribs.href) checkLink(attribs.href, text, context.defects);
        return tag === 'img' && showsNothing(attribs);
      },
      // The parser below takes time that grows with the square of the depth.
      onOpenTag: () => {
        if (++depth > limits.htmlDepth) throw new NestedTooDeep();
      },
      onCloseTag: () => {
        depth--;
      },
    });
  } catch (error) {
    if (!(error instanceof NestedTooDeep)) throw error;
    context.defects.add('html_nested_too_deep', 'The HTML is nested too deep; only its words were kept.');
    return null;
  }
}

type Attributes = Record<string, string>;

/** Wider or higher than this would stand out of wherever the mail is shown. */
const largestExtent = 1200;

function withSafeExtents(attributes: Attributes): Attributes {
  if (attributes.width === undefined && attributes.height === undefined) return attributes;
  const { width = '', height = '', ...others } = attributes;
  const isPlain = [width, height].every(extent => !(Number.parseInt(extent, 10) > largestExtent));
  return isPlain ? attributes : others;
}

/** @param known styles of the same HTML that were read already, by element and as written: most stand many times */
function withSafeStyle(tagName: string, attributes: Attributes, known: Map<string, string>): Attributes {
  if (attributes.style === undefined) return attributes;
  const { style, ...others } = attributes;
  const key = `${tagName} ${style}`;
  let safe = known.get(key);
  if (safe === undefined) {
    safe = safeStyle(style, tagName);
    known.set(key, safe);
  }
  return safe === '' ? others : { ...others, style: safe };
}

/** A page opened from a mail gets neither a handle on the window it came from nor its address. */
function outsideLink(attributes: Attributes): Attributes {
  const { target: _target, rel: _rel, ...others } = attributes;
  // Without a scheme a link would lead into the application that shows the mail.
  if (!/^\s*(?:https?:|mailto:|tel:)/i.test(others.href ?? '')) delete others.href;
  return others.href === undefined ? others : { ...others, target: '_blank', rel: 'noopener noreferrer' };
}

/**
 * What clients mark as the words of another mail keeps one mark of theirs, `type="cite"`; an indented paragraph is a
 * block without it.
 */
function quote(attributes: Attributes): Attributes {
  const { type: _type, ...others } = attributes;
  const marks = `${attributes.class ?? ''} ${attributes.id ?? ''}`;
  const quoted =
    attributes.type?.trim().toLowerCase() === 'cite' ||
    attributes.cite !== undefined ||
    quoteMarks.test(marks);
  return quoted ? { ...others, type: 'cite' } : others;
}

/** Gmail, Yahoo, Proton, Zoho, Tuta. */
const quoteMarks = /\b(?:gmail_quote|yahoo_quoted|protonmail_quote|blockquote_zmail|tutanota_quote)\b/;

function checkLink(href: string, text: string, defects: Defects): void {
  const hosts = misleadingHosts(href, text);
  if (hosts) defects.add('link_misleading', `A link shows "${hosts.shown}" and leads to "${hosts.target}".`);
}

function image(attributes: Attributes, context: SanitizeContext): Attributes {
  const { src = '', 'data-attachment': _position, 'data-remote-src': _remote, ...others } = attributes;
  const address = src.trim();
  const position = findImage(address, context);
  if (position !== undefined) {
    context.shown.add(position);
    const shown = /^cid:/i.test(address) ? { ...others, src: address } : others;
    return { ...shown, 'data-attachment': String(position) };
  }
  if (/^data:image\/(?:png|gif|jpe?g|webp);base64,[A-Za-z0-9+/=\s]*$/i.test(address)) {
    return address.length <= limits.dataImageCharacters ? { ...others, src: address } : others;
  }
  if (/^https?:\/\//i.test(address)) return { ...others, 'data-remote-src': address };
  return others;
}

function showsNothing(attributes: Attributes): boolean {
  return !['src', 'data-attachment', 'data-remote-src', 'alt'].some(name => attributes[name]);
}

/** Plain text as HTML, for mails that mix parts of both kinds. */
export function textAsHtml(text: string): string {
  const escaped = text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
  return `<div style="white-space:pre-wrap">${escaped}</div>`;
}

function words(list: string): string[] {
  return list.trim().split(/\s+/);
}
