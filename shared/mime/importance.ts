// How urgent the sender calls a mail.

import type { Mail } from '../domain/mail/mail.ts';
import type { HeaderFields } from './header-fields.ts';

/** Importance and Priority: RFC 2156 5.3; the others: MS-OXCMAIL 2.1.3.2.14. The first that says something counts. */
const names = ['importance', 'x-priority', 'x-msmail-priority', 'priority'];
const words: [RegExp, Mail['importance']][] = [
  [/^(?:high|urgent|[12]\b)/i, 'high'],
  [/^(?:normal|medium|3\b)/i, 'normal'],
  [/^(?:low|non-?urgent|[45]\b)/i, 'low'],
];

/** `normal` when no header says anything that is known. */
export function readImportance(fields: HeaderFields): Mail['importance'] {
  for (const name of names) {
    const value = fields.first(name) ?? '';
    const known = words.find(([word]) => word.test(value));
    if (known) return known[1];
  }
  return 'normal';
}
