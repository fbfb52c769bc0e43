// Addresses as programs write them although they should not, before and after the parser that expects RFC 5322 3.4.

const address = String.raw`[^\s<>()[\]"',;:@]{1,64}@[^\s<>()[\]"',;:@]{1,255}`;
const pattern = (source: string) => new RegExp(source.replaceAll('ADDRESS', address), 'gi');

const inMailto = pattern(String.raw`\[mailto:(ADDRESS)\](\s{0,5}<)?`);
const scheme = pattern(String.raw`(^|[\s,;<])(?:mailto|smtp):\s?(?=["']?ADDRESS)`);
const doubled = pattern('<{2,5}(ADDRESS)>{1,5}');
const escaped = pattern('&lt;(ADDRESS)&gt;');
const inQuotesWithName = pattern('"([^"<>]{0,200})<(ADDRESS)>"');
const inBrackets = pattern(String.raw`\[(ADDRESS)\]`);
const inQuotes = pattern(String.raw`(["'])(ADDRESS)\1`);

/** The value of an address header, with each address where RFC 5322 has it. */
export function withProperAddresses(value: string): string {
  if (!value.includes('@')) return value;
  // `[mailto:...]` beside an address says it a second time; its colon would begin a group.
  const shown = value
    .replace(inMailto, (_all, named: string, next: string | undefined) => next ?? `<${named}>`)
    .replace(scheme, '$1')
    .replace(doubled, '<$1>')
    .replace(inQuotesWithName, '"$1" <$2>');
  if (shown.includes('<')) return shown;
  return shown.replace(escaped, '<$1>').replace(inBrackets, '<$1>').replace(inQuotes, '<$2>');
}

/** An address without what was put around it: quotes, brackets, punctuation, the parameters of a `mailto:`. */
export function withoutWrapping(written: string): string {
  const bare =
    /^(?:mailto:|smtp:)?["'<[]{0,3}([^\s<>"']{1,64}@[^\s<>"'?]{1,255}?)(?:\?[^\s]{0,500})?[\]>"',;:.]{0,5}$/i.exec(
      written,
    )?.[1];
  return bare ?? written;
}
