// Which inline CSS of a mail survives: declarations of listed properties with values in plain ranges, nothing that loads or covers.

/** What the parts of a value may be; what is not named is refused. */
type Values = {
  /** Keywords. */
  words?: Set<string>;
  /** Bounds of lengths, in pixels (CSS Values 4, section 6; `em` and the like at a font of 16 pixels). */
  pixels?: [number, number];
  percent?: [number, number];
  /** Bounds of numbers without a unit. */
  numbers?: [number, number];
  colors?: true;
};

const words = (list: string) => new Set(list.split(' '));

const color: Values = { colors: true };
/** Not below zero, which moves content over what stands around it. */
const space: Values = { pixels: [0, 200], percent: [0, 50] };
const margin: Values = { ...space, words: words('auto') };
const lineStyles = words(
  'none hidden solid dashed dotted double groove ridge inset outset thin medium thick collapse',
);
const border: Values = { words: lineStyles, pixels: [0, 40], colors: true };
const fontSizes = 'xx-small x-small small medium large x-large xx-large smaller larger inherit';
const fontStyles = 'normal italic oblique bold bolder lighter small-caps inherit';

/** Properties that only change how the mail's own words look. No position, no z-index, no display, no content, no direction. */
const properties = new Map<string, Values>([
  ...each('color background-color border-color', color),
  ...each('border border-top border-right border-bottom border-left border-style border-width', border),
  ['border-collapse', { words: words('collapse separate') }],
  ['border-radius', { pixels: [0, 100], percent: [0, 50] }],
  ['border-spacing', { pixels: [0, 40] }],
  ...each('margin margin-top margin-right margin-bottom margin-left', margin),
  ...each('padding padding-top padding-right padding-bottom padding-left', space),
  ['font-size', { words: words(fontSizes), pixels: [4, 72], percent: [40, 400] }],
  ['font-weight', { words: words(fontStyles), numbers: [100, 900] }],
  ...each('font-style font-variant', { words: words(fontStyles) }),
  ['letter-spacing', { words: words('normal'), pixels: [-2, 20] }],
  // A factor, which goes by the font of each element; a length would let larger words inside stand out of their lines.
  ['line-height', { words: words('normal'), numbers: [1.2, 4] }],
  [
    'list-style-type',
    {
      words: words(
        'none disc circle square decimal decimal-leading-zero lower-alpha upper-alpha lower-latin upper-latin lower-roman upper-roman lower-greek',
      ),
    },
  ],
  ['text-align', { words: words('left right center justify start end') }],
  [
    'text-decoration',
    { words: words('none underline overline line-through solid dotted dashed double wavy') },
  ],
  ['text-indent', { pixels: [0, 100] }],
  ['text-transform', { words: words('none uppercase lowercase capitalize') }],
  ['vertical-align', { words: words('baseline top middle bottom sub super text-top text-bottom') }],
  // Lines that may not break go on outside of their box.
  ['white-space', { words: words('normal pre-wrap pre-line break-spaces') }],
  ['word-break', { words: words('normal break-all keep-all break-word') }],
  ['word-wrap', { words: words('normal break-word anywhere') }],
]);

/** Elements that grow with what they hold. Out of others, when they are too small for it, it stands. */
const growing = words('table tbody thead tfoot tr td th img hr');
const extent: Values = { words: words('auto'), pixels: [0, 1200], percent: [0, 100] };
const ofGrowing = new Map(each('width max-width height', extent));
const ofOthers = new Map(each('width max-width', { ...extent, pixels: [100, 1200], percent: [100, 100] }));

const pixelsPerUnit: Record<string, number> = {
  px: 1,
  pt: 4 / 3,
  pc: 16,
  in: 96,
  cm: 96 / 2.54,
  mm: 96 / 25.4,
  em: 16,
  rem: 16,
  ex: 8,
  ch: 8,
};

/** Names, bare or quoted: nothing is loaded by them. */
const fontFamily = /^[\p{L}\p{N}\s"',._-]+$/u;
const colorValue = /^(?:#[0-9a-f]{3,8}|[a-z]{3,30}|(?:rgb|hsl)a?\([\d\s.,%/]*\))$/;
const quantity = /^([+-]?(?:\d{1,6}(?:\.\d{0,9})?|\.\d{1,9}))(%|[a-z]{0,3})$/;

/**
 * Filters a `style` attribute.
 *
 * @param tag the element it belongs to, lower case
 * @returns the safe declarations, empty when none is left
 */
export function safeStyle(style: string, tag: string): string {
  const kept: string[] = [];
  for (const declaration of style.slice(0, 4000).split(';')) {
    const colon = declaration.indexOf(':');
    const property = declaration.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = safeValue(property, declaration.slice(colon + 1).trim(), tag);
    if (value !== undefined) kept.push(`${property}:${value}`);
  }
  return kept.join(';');
}

/** The value if it is safe, undefined otherwise. */
function safeValue(property: string, value: string, tag: string): string | undefined {
  if (value.length > 200) return undefined;
  if (property === 'font-family') return fontFamily.test(value) ? value : undefined;
  const values = properties.get(property) ?? (growing.has(tag) ? ofGrowing : ofOthers).get(property);
  if (!values) return undefined;
  const written = property === 'line-height' ? asFactor(value) : value;
  const parts = written.toLowerCase().match(/(?:[^\s()]|\([^()]*\))+/g) ?? [];
  return parts.length > 0 && parts.every(part => isSafe(part, values)) ? written : undefined;
}

function isSafe(part: string, { words: known, pixels, percent, numbers, colors }: Values): boolean {
  if (known?.has(part) || (colors && colorValue.test(part))) return true;
  const [, number, unit = ''] = quantity.exec(part) ?? [];
  if (number === undefined) return false;
  const amount = Number(number);
  if (unit === '%') return within(amount, percent);
  if (unit !== '')
    return Object.hasOwn(pixelsPerUnit, unit) && within(amount * (pixelsPerUnit[unit] ?? 0), pixels);
  // Zero needs no unit.
  return within(amount, numbers) || (amount === 0 && within(0, pixels));
}

function within(amount: number, bounds: [number, number] | undefined): boolean {
  return bounds !== undefined && amount >= bounds[0] && amount <= bounds[1];
}

/** `150%` and `1.5em` of the font are a factor too, which those inside do not inherit as a length. */
function asFactor(value: string): string {
  const [, number, unit] = /^(\d{1,3}(?:\.\d{1,9})?)(%|em)$/i.exec(value) ?? [];
  if (number === undefined) return value;
  return String(unit === '%' ? Number(number) / 100 : Number(number));
}

function each(names: string, values: Values): [string, Values][] {
  return names.split(' ').map(name => [name, values]);
}
