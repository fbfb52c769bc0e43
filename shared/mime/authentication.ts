// What the receiving server found about the sender: DMARC, SPF and DKIM of Authentication-Results (RFC 8601).

import type { Authentication } from '../domain/mail/mail.ts';
import type { HeaderFields } from './header-fields.ts';

/**
 * The results of the topmost Authentication-Results, lower case (`pass`, `fail`, `none`, `bestguesspass`...). Only the
 * topmost is looked at: a receiving server puts its own above whatever the sender brought along. On a mailbox whose server
 * adds none, a forged one would be the topmost; whoever relies on it must know the server.
 *
 * Of several signatures one that passes is enough (RFC 6376 6.1), else the first counts. SPF that is not told there is read
 * from the topmost Received-SPF (RFC 7208 9.1), under the same reserve. What is not told is null.
 */
export function readAuthentication(fields: HeaderFields): Authentication {
  const results: Record<'dmarc' | 'spf' | 'dkim', string[]> = { dmarc: [], spf: [], dkim: [] };
  for (const told of withoutComments(fields.first('authentication-results') ?? '').split(';')) {
    const [, method, result] = /^\s*(dmarc|spf|dkim)\s*(?:\/\s*\d+\s*)?=\s*([a-z]+)/i.exec(told) ?? [];
    if (method && result) results[method.toLowerCase() as keyof typeof results].push(result.toLowerCase());
  }
  const { dmarc, spf, dkim } = results;
  const receivedSpf = /^[a-z]+/i.exec(fields.first('received-spf') ?? '')?.[0].toLowerCase();
  return {
    dmarc: dmarc[0] ?? null,
    spf: spf[0] ?? receivedSpf ?? null,
    dkim: dkim.find(result => result === 'pass') ?? dkim[0] ?? null,
  };
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
