// The host of a mail server as it may be written: its one spelling, which addresses are private, and those of Microsoft.
import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * The one spelling of a host name or IP address: lower case, without a final dot, addresses in their usual form.
 * @returns undefined when it is neither, e.g. with a protocol, port, path or zone (RFC 4007 11: `fe80::1%eth0`)
 */
export function canonicalHost(host: string): string | undefined {
  if (/[\s/\\?#@%[\]]/.test(host)) return undefined;
  if (isIPv6(host)) return new URL(`http://[${host}]`).hostname.slice(1, -1);
  if (host.includes(':') || !URL.canParse(`http://${host}`)) return undefined;
  // The URL parser knows the other ways to write an address (127.1, 0x7f000001, full-width digits) and makes names ASCII.
  const { hostname } = new URL(`http://${host}`);
  const canonical = hostname.replace(/\.$/, '');
  return canonical.length <= 253 && hostPattern.test(canonical) ? canonical : undefined;
}

const hostPattern = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*$/;

/**
 * Whether an IP address belongs to this machine, a private network or no single host: to anything of IANA's special-purpose
 * registries, or of IPv6 to what was given to nobody. One with a zone (`fe80::1%eth0`) is of a link of ours.
 */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  if (family === 4) return specialAddresses.check(address);
  if (address.includes('%')) return true;
  return !globalUnicast.check(address, 'ipv6') || specialAddresses.check(address, 'ipv6');
}

/** Whether a host, as written, is a private address or a name that means this machine (RFC 6761 6.3). */
export function isPrivateHost(host: string): boolean {
  return isPrivateAddress(host) || host === 'localhost' || host.endsWith('.localhost');
}

// Ours, since ipaddr.js 2.5.0 takes 100:0:0:1::/64 (RFC 9780) and what is given to nobody, such as 4000::1, for unicast.
const specialAddresses = new BlockList();
// https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast (RFC 5771). Also what is reachable there from
// everywhere is no mail server: 192.31.196.0/24, 192.52.193.0/24, 192.175.48.0/24.
for (const network of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // Azure's own DNS, agent and health service, reachable from every machine of the platform.
  // https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]) {
  const [address = '', bits] = network.split('/');
  specialAddresses.addSubnet(address, Number(bits), 'ipv4');
}
// https://www.iana.org/assignments/iana-ipv6-special-registry, as far as it is within what is given to hosts at all
// (https://www.iana.org/assignments/ipv6-address-space: 2000::/3). 2001::/23 is Teredo, benchmarking, ORCHID and others;
// 2002::/16 carries an IPv4 address inside (6to4).
for (const network of ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20']) {
  const [address = '', bits] = network.split('/');
  specialAddresses.addSubnet(address, Number(bits), 'ipv6');
}
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/**
 * Whether the server belongs to Microsoft's clouds, which refuse passwords: basic authentication ended in Exchange Online
 * in 2022 and in Outlook.com in 2024.
 * https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-basic-authentication-exchange-online
 */
export function isMicrosoftHost(host: string): boolean {
  return microsoftHosts.some(name => host === name || host.endsWith(`.${name}`));
}

const microsoftHosts = [
  'office365.com',
  'office365.us',
  'outlook.office.com',
  'outlook.com',
  'outlook.live.com',
  'hotmail.com',
  'partner.outlook.cn',
];
