// Pieces of SQLite text that carry the values bound to their question marks.
import type { SQLInputValue } from 'node:sqlite';

export type Fragment = { text: string; values: readonly SQLInputValue[] };

export function fragment(text: string, ...values: SQLInputValue[]): Fragment {
  return { text, values };
}

/** Joins conditions by AND or OR, each in its parentheses. */
export function join(fragments: readonly Fragment[], word: 'AND' | 'OR'): Fragment {
  return {
    text: fragments.map(({ text }) => `(${text})`).join(` ${word} `),
    values: fragments.flatMap(({ values }) => values),
  };
}
