// Who did not get a mail, from what a server wrote for people to read: addresses, whole or not at all.

import type { FailedRecipient } from '../domain/mail/mail.ts';
import { addressesIn } from './addresses-in-text.ts';
import { limits } from './limits.ts';

/** After this come the recipients; what stands before is about the mail: "Your message To: ... did not reach the following recipient(s)". */
const recipientsFollow =
  /(?:following|these|seguintes?|siguientes?|folgende[nrs]?|suivante?s?|seguent[ei]|volgende)\s{1,4}(?:[\p{L}-]{1,20}\s{1,4}){0,3}(?:recipient|address|user|e-?mail|person|people|destinat|endere[cç]|direcci|empf|adres)/iu;

/** Words directly before an address that is somebody else's. */
const somebodyElse =
  /(?:^|[^\p{L}])(?:from(?: address)?|sender(?:['’]s)?(?: e-?mail)?(?: address)?|reply-to|return-path|errors-to|cc|bcc|message-?id|contact|helo|ehlo|by|via|administrator|support|help|assistance|write to|please (?:send )?(?:an? )?(?:e-?)?mail(?: to)?|von|de|remetente|remitente|absender)[^\p{L}\p{Nd}]{0,6}$/iu;
/** Words directly before one that did not get the mail. */
const failed =
  /(?:recipients?|rcpt to|rcpt|addressee|address|addresses|user|mailbox|account|failed|failure|undeliverable|unknown|invalid|destinat[aá]rios?|endere[cç]o|direcci[oó]n|empf[aä]nger|adresse|宛先|收件人)[^\p{L}\p{Nd}]{0,6}$/iu;
const towards = /(?:^|[^\p{L}])(?:to|for|para|an|à|a)[^\p{L}\p{Nd}]{0,6}$/iu;
/** Words directly after one: "<ana@example.com>: Sender address rejected". */
const isSender = /^[^\p{L}\p{Nd}]{0,6}sender(?![\p{L}])/iu;
/** Lines that tell of a failure without naming the address in one of these ways: "Mailbox of ana@example.com is full". */
const tellsWhy =
  /fail|reject|refus|unknown|invalid|exist|deliver|bounce|full|quota|not found|disabled|entreg|devolv|inexist|chei|zustell|remis|достав|配信/i;
/** Nothing before it in its line but marks: quotes, bullets, brackets, a number. */
const lineBegins = /^(?:[^\p{L}\p{Nd}]{0,20}|\s{0,8}\d{1,3}[.)]\s{1,4}<?)$/u;
const headerTo = /^[\s>*]{0,8}(?:to|para|an|à)\s?:[\s<"']{0,8}$/iu;

/** People that servers name for help: meant only where the address stands as one that failed, and nobody else does. */
const role = /^(?:post_?master|mailer-?daemon|abuse|noc|hostmaster|support|help|helpdesk|no-?reply)@/i;

/**
 * The addresses that a report names as those who did not get the mail.
 *
 * @param prose the report without the mail that it returns
 * @param others lower case addresses that are not meant: who sent the report and who receives it
 */
export function findRecipients(prose: string, others: ReadonlySet<string>): string[] {
  const follow = recipientsFollow.exec(prose);
  const after = follow ? namedIn(prose.slice(follow.index + follow[0].length), others) : [];
  return after.length > 0 ? after : namedIn(prose, others);
}

function namedIn(prose: string, others: ReadonlySet<string>): string[] {
  const named: { address: string; rank: number }[] = [];
  for (const line of prose.split('\n', 400)) {
    const words = line.slice(0, 500);
    let listed = { end: 0, rank: 0 };
    for (const { address, start, end } of addressesIn(words)) {
      const goesOn = listed.end > 0 && /^[>\s]{0,4}[,;\s][\s<]{0,4}$/.test(words.slice(listed.end, start));
      const rank = goesOn ? listed.rank : rankOf(words, start, end);
      listed = { end, rank };
      const needed = role.test(address) ? 3 : 1;
      if (rank >= needed && !others.has(address.toLowerCase())) named.push({ address, rank });
    }
  }
  const people = named.filter(({ address }) => !role.test(address));
  const meant = people.length > 0 ? people : named;
  const best = Math.max(...meant.map(({ rank }) => rank), 0);
  return once(meant.filter(({ rank }) => rank === best).map(({ address }) => address));
}

/** How surely an address is the one that failed, by what stands around it in its line. */
function rankOf(line: string, start: number, end: number): 0 | 1 | 2 | 3 {
  const written = line.slice(0, start);
  if (isSender.test(line.slice(end, end + 20))) return 0;
  const before = written.replace(/(?:mailto|smtp|rfc822)[:;]\s?<?$/i, '').slice(-80);
  if (written.length <= 80 && lineBegins.test(before)) return 3;
  if (headerTo.test(before)) return 1;
  if (somebodyElse.test(before)) return 0;
  if (failed.test(before)) return 3;
  if (towards.test(before) || /[<(:：]\s{0,4}$/.test(before) || smtpReply.test(line)) return 2;
  return tellsWhy.test(line) ? 1 : 0;
}

const smtpReply = /(?:^|[^\d.])[45]\d\d[ -]/;
/** RFC 3463, and not the beginning of an IP address. */
const enhancedStatus = /(?<![\w.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)/;

/** Recipients with the status and the line of SMTP that stand beside or below each; of a single one, anywhere. */
export function asRecipients(
  addresses: string[],
  prose: string,
  action: 'failed' | 'delayed',
): FailedRecipient[] {
  const lower = prose.toLowerCase();
  const places = addresses.map(name => lower.indexOf(name.toLowerCase()));
  return addresses.map((name, n) => {
    const start = places[n] ?? -1;
    const next = Math.min(...places.filter(place => place > start), prose.length);
    const own = start < 0 ? '' : prose.slice(prose.lastIndexOf('\n', start) + 1, next);
    const told = addresses.length === 1 && !smtpReply.test(own) ? prose : own;
    const diagnostic = told.split('\n', 400).find(line => smtpReply.test(line.slice(0, 300)));
    return {
      address: name,
      status: enhancedStatus.exec(told)?.[0] ?? null,
      action,
      diagnostic: diagnostic?.slice(0, 600).replace(/\s+/g, ' ').trim() ?? null,
    };
  });
}

function once(addresses: string[]): string[] {
  const seen = new Map(addresses.map(name => [name.toLowerCase(), name]));
  return [...seen.values()].slice(0, limits.failedRecipients);
}
