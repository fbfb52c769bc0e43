// Short texts that people decide by - subjects, names, names of files - without what they cannot see.

/** Invisible characters that make what stands before them what it is. */
const meaningful = [
  // RFC 5892 A.1 and A.2: joiners after letters of scripts that join, as Persian and the languages of India need them.
  /(?<=[\p{sc=Arab}\p{sc=Syrc}\p{sc=Mong}\p{sc=Nkoo}\p{sc=Deva}\p{sc=Beng}\p{sc=Guru}\p{sc=Gujr}\p{sc=Orya}\p{sc=Taml}\p{sc=Telu}\p{sc=Knda}\p{sc=Mlym}\p{sc=Sinh}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Tibt}])[\u200c\u200d]/u,
  // UTS #51 2.3: one emoji made of several.
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]|\ufe0f)\u200d\p{Extended_Pictographic}/u,
  /(?<=[^\p{Default_Ignorable_Code_Point}\s])\p{Variation_Selector}/u,
];

/** The others: direction marks and controls, zero-width characters, tags, fillers (UAX #44), and marks of annotations. */
const invisible = new RegExp(
  `(?!${meaningful.map(({ source }) => source).join('|')})[\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb]`,
  'gu',
);

/** One line of what a person sees: without invisible characters, with single blanks for others that show nothing. */
export function plainLine(text: string): string {
  if (/^[ -~]*$/.test(text)) return text.replace(/ {2,}/g, ' ').trim();
  return text
    .replace(invisible, '')
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .toWellFormed();
}
