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

/**
 * The domain of the author for which the receiving server says that DMARC passed (RFC 7489 6.6.2), lower case; null when it
 * does not say so. Its header is the topmost under its authserv-id, or for a server that writes none, the topmost without
 * one: a server puts its own above what the sender brought. Where it strips nothing, a sender may bring one under its id: so
 * if any other under this id says otherwise, nothing is believed. (Of headers without an id the others are those of Microsoft's
 * customers who send.)
 *
 * @param authservId lower case; null for headers that begin with their first result
 */
export function confirmedDomain(fields: HeaderFields, authservId: string | null): string | null {
  const ofServer = fields
    .all('authentication-results')
    .map(value => withoutComments(value).split(';'))
    .filter(([first = '', ...rest]) => isOf(first, rest, authservId));
  const told = ofServer.map(domainPassed);
  const [domain = null] = told;
  const others = authservId === null ? [] : told.filter((_, at) => ofServer[at]?.some(isDmarc));
  return others.every(other => other === domain) ? domain : null;
}

function isOf(first: string, rest: string[], authservId: string | null): boolean {
  if (authservId === null) return isResult(first);
  // The id may be followed by a version.
  return rest.length > 0 && /^\s*(\S+)(?:\s+\d+)?\s*$/.exec(first)?.[1]?.toLowerCase() === authservId;
}

/** What one header says that passed; null unless it has one result of DMARC alone. */
function domainPassed(results: string[]): string | null {
  const [result = '', ...more] = results.filter(isDmarc);
  if (more.length > 0 || !isPassed(result)) return null;
  const domains = [...result.matchAll(/\sheader\.from\s*=\s*(?:[^\s@]*@)?([^\s@]+)/gi)];
  return domains.length === 1 ? (domains[0]?.[1]?.toLowerCase() ?? null) : null;
}

const isDmarc = (result: string) => /^\s*dmarc\s*(?:\/\s*\d+\s*)?=/i.test(result);
const isPassed = (result: string) => /^[^=]*=\s*pass(?:\s|$)/i.test(result);
const isResult = (text: string) => /^\s*[a-z][a-z0-9-]*\s*=/i.test(text);

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
