// Which connections a mail server may be reached by: the host is resolved once, and the connection goes to the vetted address.
import { lookup } from 'node:dns/promises';
import { isPrivateAddress } from '../domain/service/host.ts';
import type { MailLimits } from '../domain/service/mailbox-schema.ts';
import type { ServerMailbox } from '../domain/service/service.ts';
import { MaloteError } from '../errors.ts';

/** All addresses of a name. Tests give their own. */
export type Lookup = (host: string) => Promise<{ address: string }[]>;

/** IMAP and POP3, with TLS from the start or later (RFC 8314 section 3). */
const MAIL_PORTS = [110, 143, 993, 995];

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
): Promise<string> {
  if (tls === 'none' && !limits.allowPlaintext) {
    throw new MaloteError('host_forbidden', 'The connection would send the password in the clear.', {
      cure: 'Set mailbox.tls to "implicit" or "starttls", or let the operator set MAIL_ALLOW_PLAINTEXT=true.',
    });
  }
  if (!MAIL_PORTS.includes(port) && !limits.extraPorts.includes(port)) {
    throw new MaloteError('host_forbidden', `Port ${port} is not a mail port.`, {
      cure: 'Use the usual port of the server, or let the operator add this one to MAIL_EXTRA_PORTS.',
    });
  }
  return resolveHost(host, limits, lookup);
}

/**
 * The address to connect to for a host name, resolved once. A refusal tells neither addresses nor what listens there.
 * @throws MaloteError `host_unknown`, `host_forbidden` (private address where the deployment does not allow it)
 */
export async function resolveHost(
  host: string,
  { allowPrivateHosts }: Pick<MailLimits, 'allowPrivateHosts'>,
  lookup: Lookup = lookupAll,
): Promise<string> {
  const addresses = await lookup(host).catch(cause => {
    throw new MaloteError('host_unknown', `The host ${host} cannot be found.`, {
      cause,
      cure: 'Check mailbox.host for a typing error, and that the name is in the public DNS.',
    });
  });
  const vetted = addresses.find(({ address }) => allowPrivateHosts || !isPrivateAddress(address));
  if (!vetted) {
    throw new MaloteError('host_forbidden', `The host ${host} is not on the public internet.`, {
      cure: 'Use a public mail server, or let the operator set MAIL_ALLOW_PRIVATE_HOSTS=true for servers of your own network.',
    });
  }
  return vetted.address;
}
