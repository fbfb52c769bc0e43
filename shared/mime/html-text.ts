// The words of an HTML mail that has no text of its own, laid out as a person would type them.

import { compile, type FormatCallback } from 'html-to-text';
import { limits } from './limits.ts';

/** Elements around the one that is being converted whose lines are indented; conversions come one after the other. */
let indents = 0;

/** An element whose lines are marked or moved to the right as `format` does; too deep inside of others a plain block. */
function indented(format: string): FormatCallback {
  return (element, walk, builder, options) => {
    const deep = indents++ >= limits.textIndents;
    builder.options.formatters?.[deep ? 'block' : format]?.(element, walk, builder, options);
    indents--;
  };
}

const convert = compile({
  wordwrap: false,
  formatters: {
    indentedQuote: indented('blockquote'),
    indentedBullets: indented('unorderedList'),
    indentedNumbers: indented('orderedList'),
    cell: (element, walk, builder) => {
      walk(element.children, builder);
      builder.addInline(' ');
    },
  },
  limits: { maxDepth: limits.htmlDepth + 10 },
  selectors: [
    {
      selector: 'a',
      options: { hideLinkHrefIfSameAsText: true, ignoreHref: false, linkBrackets: ['<', '>'] },
    },
    { selector: 'img', format: 'skip' },
    // `sanitize` leaves this mark on quotes alone; other blocks are indented words of the sender.
    { selector: 'blockquote', format: 'block', options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } },
    { selector: 'blockquote[type="cite"]', format: 'indentedQuote' },
    // A row is a line, its cells are apart; laying tables out in columns takes too long for the worst of them.
    { selector: 'tr', format: 'block', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
    { selector: 'td', format: 'cell' },
    { selector: 'th', format: 'cell' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map(selector => ({ selector, options: { uppercase: false } })),
    { selector: 'ul', format: 'indentedBullets' },
    { selector: 'ol', format: 'indentedNumbers' },
    { selector: 'p', options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } },
  ],
});

/**
 * Converts sanitised HTML to text. What is quoted gets `> `, so that what a reply quotes can be told from what it says.
 *
 * @param safeHtml the result of `sanitize`, whose size and depth are limited
 */
export function htmlToText(safeHtml: string): string {
  // Escaping may have made it several times longer than what came in.
  indents = 0;
  return convert(safeHtml.slice(0, limits.htmlCharacters));
}

/** The words of HTML that is too deep to be converted: every tag is a blank. */
export function wordsOf(html: string): string {
  return html
    .slice(0, limits.htmlCharacters)
    .replace(/<[^<>]*>?/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
