// Which hosts a mail connection may go to: the name is resolved once, and the connection goes to the vetted address.
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { MaloteError } from '../errors.ts';

const PRIVATE = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8], // RFC 1122 "this network"
  ['10.0.0.0', 8], // RFC 1918
  ['100.64.0.0', 10], // RFC 6598 carrier-grade NAT
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, cloud metadata
  ['172.16.0.0', 12], // RFC 1918
  ['192.0.0.0', 24], // RFC 6890
  ['192.168.0.0', 16], // RFC 1918
  ['198.18.0.0', 15], // RFC 2544 benchmarks
  ['224.0.0.0', 3], // multicast and reserved
] as const) {
  PRIVATE.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  ['::', 127], // unspecified and loopback
  ['64:ff9b::', 96], // NAT64 of any of the above
  ['fc00::', 7], // unique local
  ['fe80::', 10], // link-local
  ['ff00::', 8], // multicast
] as const) {
  PRIVATE.addSubnet(net, prefix, 'ipv6');
}

/** Whether an IP address belongs to a network that is not the public internet. IPv4-mapped IPv6 counts as its IPv4. */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

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
