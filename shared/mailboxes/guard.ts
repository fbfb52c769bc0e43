// Which connections a mail server may be reached by: the host is resolved once, and the connection goes to the vetted address.
import { lookup } from 'node:dns/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { isPrivateAddress, isPrivateHost } from '../domain/service/host.ts';
import type { MailLimits } from '../domain/service/mailbox-schema.ts';
import { submissionPorts } from '../domain/service/outgoing.ts';
import type { ServerMailbox } from '../domain/service/service.ts';
import { MaloteError } from '../errors.ts';

/** All addresses of a name. Tests give their own. */
export type Lookup = (host: string) => Promise<{ address: string }[]>;

/** IMAP and POP3, with TLS from the start or later (RFC 8314 section 3). */
const MAIL_PORTS = [110, 143, 993, 995];

/** What a connection is for: its ports, and the member that messages name. */
export type Purpose = { ports: readonly number[]; member: string };
const reading: Purpose = { ports: MAIL_PORTS, member: 'mailbox' };
/** By which a mailbox sends. Port 25 is for servers among themselves (RFC 6409 1). */
export const submission: Purpose = { ports: submissionPorts, member: 'mailbox.outgoing' };

/** IPv4 first: the outbound network of Azure Functions has no IPv6, and of several addresses one is taken. */
const lookupAll: Lookup = host => lookup(host, { all: true, order: 'ipv4first' });

/**
 * The address to connect to for a mailbox. Port and TLS are checked here too, though the record was when it was written:
 * the deployment may have become stricter since.
 * @throws MaloteError `host_unknown`, `host_forbidden` (what the deployment does not allow)
 */
export async function vetConnection(
  { host, port, tls }: Pick<ServerMailbox, 'host' | 'port' | 'tls'>,
  limits: MailLimits,
  lookup: Lookup = lookupAll,
  { ports, member }: Purpose = reading,
): Promise<string> {
  if (tls === 'none' && !limits.allowPlaintext) {
    throw new MaloteError('host_forbidden', 'The connection would send the password in the clear.', {
      cure: `Set ${member}.tls to "implicit" or "starttls", or let the operator set MAIL_ALLOW_PLAINTEXT=true.`,
    });
  }
  if (!ports.includes(port) && !limits.extraPorts.includes(port)) {
    throw new MaloteError('host_forbidden', `Port ${port} is not a mail port.`, {
      cure: 'Use the usual port of the server, or let the operator add this one to MAIL_EXTRA_PORTS.',
    });
  }
  return resolveHost(host, limits, lookup, member);
}

/** How long a name takes that may not be connected to, whatever the DNS said and how soon. */
const REFUSAL_MS = 500;

/**
 * The address to connect to for a host name, resolved once. Where private hosts are not allowed, a name that is not there and
 * one of a private address are refused in the same words and the same time: nobody is told which names exist inside.
 * @throws MaloteError `host_unknown`; `host_forbidden` for what is private as it is written
 */
export async function resolveHost(
  host: string,
  { allowPrivateHosts }: Pick<MailLimits, 'allowPrivateHosts'>,
  lookup: Lookup = lookupAll,
  member = reading.member,
): Promise<string> {
  if (!allowPrivateHosts && isPrivateHost(host)) throw forbidden(host);
  const started = performance.now();
  const found = await lookup(host).catch((cause: unknown) => ({ cause }));
  const addresses = Array.isArray(found) ? found : [];
  const vetted = addresses.find(({ address }) => allowPrivateHosts || !isPrivateAddress(address));
  if (vetted) return vetted.address;
  if (!allowPrivateHosts) await wait(Math.max(REFUSAL_MS - (performance.now() - started), 0));
  throw unknown(host, allowPrivateHosts, found, member);
}

function forbidden(host: string): MaloteError {
  return new MaloteError('host_forbidden', `The host ${host} is not on the public internet.`, {
    cure: 'Use a public mail server, or let the operator set MAIL_ALLOW_PRIVATE_HOSTS=true for servers of your own network.',
  });
}

function unknown(host: string, allowPrivateHosts: boolean, found: unknown, member: string): MaloteError {
  const check = `Check ${member}.host for a typing error`;
  return allowPrivateHosts
    ? new MaloteError('host_unknown', `The host ${host} cannot be found.`, {
        cause: found,
        cure: `${check}, and that the name is in the DNS of this app's network.`,
      })
    : new MaloteError('host_unknown', `The host ${host} cannot be found on the public internet.`, {
        cure: `${check}, and that the name is in the public DNS; for servers of your own network the operator sets MAIL_ALLOW_PRIVATE_HOSTS=true.`,
      });
}
