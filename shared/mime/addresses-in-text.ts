// Addresses as they stand in what people and servers write: whole or not at all.

/**
 * An address between what cannot be part of one: never the beginning of a longer domain, never the end of a longer local
 * part. Letters of other scripts end it, for Japanese and Chinese servers write on without a blank.
 */
const localCharacter = String.raw`[\p{Script=Latin}\p{Script=Cyrillic}\p{Nd}!#$%&'*+/=?^_\x60{}~.-]`;
const domainCharacter = String.raw`[\p{Script=Latin}\p{Script=Cyrillic}\p{Nd}_.-]`;
const address = new RegExp(
  `(?<!${localCharacter}|@)${localCharacter}{1,128}@${domainCharacter}{1,255}(?!${domainCharacter}|[@/=])`,
  'giu',
);
const domainName = /^(?:[\p{L}\p{Nd}_-]{1,63}\.){1,20}\p{L}[\p{L}\p{Nd}-]{1,62}$/u;
/** What may stand before an address without a blank. */
const prefix = /^(?:['*.-]+|(?:to|rcpt|recipient|address|e?mail|user)=)+/i;
/** MS-OXCMAIL 2.1.3.1: how Exchange writes an address of another kind of mail. */
const encapsulated = /^imcea/i;

/** The addresses of a text in the order they stand, each with where it begins and ends. */
export function addressesIn(text: string): { address: string; start: number; end: number }[] {
  const found: { address: string; start: number; end: number }[] = [];
  for (const match of text.matchAll(address)) {
    const whole = match[0].replace(prefix, '').replace(/[_.*-]{1,255}$/, '');
    const [local = '', domain = ''] = whole.split('@');
    if (local === '' || encapsulated.test(local) || !domainName.test(domain)) continue;
    found.push({ address: whole, start: match.index, end: match.index + match[0].length });
  }
  return found;
}
