// Links whose words name one place and that lead to another: what a person reads is not where a click goes.

import { plainLine } from './plain-line.ts';

/** More of a link's words is no address that somebody would read. */
const longestShown = 300;

/**
 * Words that are an address of the web: with its scheme, or `www.`, or a host under a domain that nobody takes for a file's
 * name or a sentence without a blank.
 */
const shownAddress =
  /^(?:https?:\/\/\S+|(?:www\.|(?:[\p{L}\p{N}-]{1,63}\.){1,8}(?=(?:com|net|org|gov|edu)(?:\.[a-z]{2})?(?:[/:?#]|$)))[^\s@]+)$/iu;

/**
 * The hosts that a link shows and leads to, when these belong to different domains; undefined when they are of one, or when
 * its words name no host. Hosts below the same domain are the sender's own, such as those that count clicks.
 *
 * @param href where it leads, as sanitised
 * @param text its words
 */
export function misleadingHosts(href: string, text: string): { shown: string; target: string } | undefined {
  const words = plainLine(text.slice(0, longestShown));
  if (!shownAddress.test(words)) return undefined;
  const shown = hostOf(/^https?:/i.test(words) ? words : `http://${words}`);
  const target = hostOf(href);
  if (shown === undefined || target === undefined || domainOf(shown) === domainOf(target)) return undefined;
  return { shown, target };
}

/** The host in ASCII, of the page itself where Microsoft 365 leads through its own check ("Safe Links"). */
function hostOf(address: string): string | undefined {
  const url = URL.parse(address);
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  const checked = url.hostname.endsWith('.safelinks.protection.outlook.com') && url.searchParams.get('url');
  return (checked && URL.parse(checked)?.hostname) || url.hostname;
}

/**
 * The domain that somebody registered, without the list that is needed to be sure (https://publicsuffix.org): two labels, or
 * three below a country that registers under short ones (`com.br`, `co.uk`).
 */
function domainOf(host: string): string {
  const labels = host.replace(/\.$/, '').split('.');
  const country = /^[a-z]{2}$/.test(labels.at(-1) ?? '') && /^[a-z]{2,3}$/.test(labels.at(-2) ?? '');
  return labels.slice(country ? -3 : -2).join('.');
}
