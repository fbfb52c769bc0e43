// Colours of the pages that customers see: which can be read on which, and what a company's own becomes.

/** What the pages are on: by day, and for who asked for dark ones. */
export const paper = { light: '#ffffff', dark: '#14171a' };

/** Of text against what it is on (WCAG 2.2, 1.4.3); more than the 3 that controls need (1.4.11). */
export const LEAST_CONTRAST = 4.5;

/** The contrast between two colours (`#rrggbb`), from 1 to 21. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
export function contrastBetween(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Black or white, whichever can be read better on a colour: the worse of two colours still has 4.58. */
export function inkOn(colour: string): string {
  const [black, white] = ['#000000', '#ffffff'] as const;
  return contrastBetween(colour, black) >= contrastBetween(colour, white) ? black : white;
}

/** The colour, as much lighter as it takes to be read on the dark paper. */
export function onDarkPaper(colour: string): string {
  for (let white = 0; white < 1; white += 0.05) {
    const lighter = mixedWithWhite(colour, white);
    if (contrastBetween(lighter, paper.dark) >= LEAST_CONTRAST) return lighter;
  }
  return '#ffffff';
}

function channelsOf(colour: string): number[] {
  return [1, 3, 5].map(at => Number.parseInt(colour.slice(at, at + 2), 16));
}

function luminanceOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channelsOf(colour).map(channel => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mixedWithWhite(colour: string, share: number): string {
  const mixed = channelsOf(colour).map(channel => Math.round(channel + (255 - channel) * share));
  return `#${mixed.map(channel => channel.toString(16).padStart(2, '0')).join('')}`;
}
