// By what a mail is found in the ledger: its sender's address and domain, and the words of its subject and its sender's name.
import type { LedgerRecord } from './ledger-record.ts';

/** What a mail can be searched for as: a person's, or what else it is. */
export const classifications = ['person', 'automatic', 'bounce', 'loop'] as const;
export type Classified = (typeof classifications)[number];

/** Each is a term of the index and costs 0.2 RU when the mail is recorded. */
const MOST_WORDS = 30;
const LONGEST_WORD = 40;

/**
 * The words of a text, each once, whatever its accents and case: `Reclamação nº 7` has `reclamacao`, `no` and `7`. What joins
 * letters in no language, such as a hyphen or a full stop, parts two words.
 */
export function foldedWords(text: string): string[] {
  const folded = text.toLowerCase().normalize('NFKD').replaceAll(/\p{M}/gu, '');
  const words = folded.split(/[^\p{L}\p{N}]+/u).filter(word => word !== '');
  return [...new Set(words.map(word => word.slice(0, LONGEST_WORD).toWellFormed()))];
}

/** The term of an address (`ana@example.net`) or of a domain (`example.net`, `@example.net`). */
export function senderTerm(sender: string): string {
  const folded = sender.trim().toLowerCase();
  return folded.includes('@') ? folded : `@${folded}`;
}

/** All terms of a mail. Words have no `@`, so that none is taken for an address. */
export function termsOf({
  from,
  fromName,
  subject,
}: Pick<LedgerRecord, 'from' | 'fromName' | 'subject'>): string[] {
  const address = from.toLowerCase();
  const at = address.lastIndexOf('@');
  return [
    ...(address.includes('@') ? [address, address.slice(at)] : []),
    ...foldedWords(`${fromName ?? ''} ${subject}`).slice(0, MOST_WORDS),
  ];
}
