// Which hosts a mail connection may go to: the name is resolved once, and the connection goes to the vetted address.
import { lookup } from 'node:dns/promises';
import { isPrivateAddress } from '../domain/mail-host.ts';
import { MaloteError } from '../errors.ts';

/**
 * The address to connect to for a host name, resolved once.
 * @throws MaloteError `host_unknown`, `host_forbidden` (private address where the deployment does not allow it)
 */
export async function resolveHost(
  host: string,
  { allowPrivateHosts }: { allowPrivateHosts: boolean },
): Promise<string> {
  const addresses = await lookup(host, { all: true }).catch(cause => {
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
