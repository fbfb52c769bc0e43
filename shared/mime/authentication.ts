// What the receiving server found about the sender: the DMARC result of Authentication-Results (RFC 8601).

import type { HeaderFields } from './header-fields.ts';

/**
 * The DMARC result of the topmost Authentication-Results, lower case (`pass`, `fail`, `none`, `bestguesspass`...).
 * Only the topmost is looked at: a receiving server puts its own above whatever the sender brought along. On a
 * mailbox whose server adds none, a forged one would be the topmost; whoever relies on it must know the server.
 *
 * @returns null when there is no such header or it has no DMARC result
 */
export function dmarcResult(fields: HeaderFields): string | null {
  const topmost = fields.first('authentication-results');
  if (topmost === undefined) return null;
  const result = /(?:^|;)\s*dmarc\s*(?:\/\s*\d+\s*)?=\s*([a-z]+)/i.exec(withoutComments(topmost));
  return result?.[1]?.toLowerCase() ?? null;
}

/** Comments may hold anything, `dmarc=pass` too; so may quoted strings. Both are dropped, in one pass. */
function withoutComments(value: string): string {
  let kept = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at++) {
    const character = value[at];
    if (character === '\\') at++;
    else if (depth === 0 && character === '"') quoted = !quoted;
    else if (!quoted && character === '(') depth++;
    else if (!quoted && character === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0 && !quoted) kept += character;
  }
  return kept;
}
