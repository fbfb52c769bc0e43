// Which inline CSS of a mail survives: declarations of listed properties with plain values, nothing that loads or covers.

/** Properties that only change how the mail's own words look. No position, no z-index, no display, no content. */
const properties = new Set(
  `
  background-color border border-bottom border-collapse border-color border-left border-radius
  border-right border-spacing border-style border-top border-width color direction font font-family
  font-size font-style font-variant font-weight height letter-spacing line-height list-style-type
  margin margin-bottom margin-left margin-right margin-top max-width padding padding-bottom
  padding-left padding-right padding-top text-align text-decoration text-indent text-transform
  vertical-align white-space width word-break word-wrap
  `
    .trim()
    .split(/\s+/),
);

/** Words, numbers, colours and quoted names; the only functions are colours. No `url()`, no escapes, no `!important`. */
const plainValue = /^(?:[\w\s#.,%+"'/-]|\b(?:rgb|rgba|hsl|hsla)\([\d\s.,%/]*\))+$/i;

/** Margins below zero move the mail's content over what stands around it. */
const negativeMargin = /^margin.*-\s*[\d.]/;

/**
 * Filters a `style` attribute.
 *
 * @returns the safe declarations, empty when none is left
 */
export function safeStyle(style: string): string {
  const kept: string[] = [];
  for (const declaration of style.slice(0, 4000).split(';')) {
    const colon = declaration.indexOf(':');
    const property = declaration.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = declaration.slice(colon + 1).trim();
    if (!properties.has(property) || value.length > 200 || !plainValue.test(value)) continue;
    if (negativeMargin.test(`${property}:${value}`)) continue;
    kept.push(`${property}:${value}`);
  }
  return kept.join(';');
}
