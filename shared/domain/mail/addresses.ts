// Whose addresses a mail names in its header, and when two addresses are the same.
import type { Mail } from './mail.ts';

/** An address as it is compared: without blanks around it, in lower case. */
export function normalAddress(address: string): string {
  return address.trim().toLowerCase().toWellFormed();
}

/** The addresses in From, Reply-To, To and Cc, and that of whom to answer; as they are compared, each once. */
export function addressesOf({ headers, correspondent }: Mail): string[] {
  const { from, replyTo, to, cc } = headers;
  const named = [...from, ...replyTo, ...to, ...cc, ...(correspondent ? [correspondent] : [])];
  const addresses = named.map(({ address }) => normalAddress(address));
  return [...new Set(addresses)].filter(address => address !== '');
}
