// The host of a mail server as it may be written: its one spelling, which addresses are private, and those of Microsoft.
import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * The one spelling of a host name or IP address: lower case, without a final dot, addresses in their usual form.
 * @returns undefined when it is neither, e.g. with a protocol, port or path
 */
export function canonicalHost(host: string): string | undefined {
  if (isIPv6(host)) return new URL(`http://[${host}]`).hostname.slice(1, -1);
  if (/[\s/\\?#@:%[\]]/.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  // The URL parser knows the other ways to write an address (127.1, 0x7f000001, full-width digits) and makes names ASCII.
  const { hostname } = new URL(`http://${host}`);
  const canonical = hostname.replace(/\.$/, '');
  return canonical.length <= 253 && hostPattern.test(canonical) ? canonical : undefined;
}

const hostPattern = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*$/;

/** Whether an IP address belongs to this machine, a private network or no single host (IANA special-purpose registries). */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && privateAddresses.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Whether a host, as written, is a private address or a name that means this machine (RFC 6761 6.3). */
export function isPrivateHost(host: string): boolean {
  return isPrivateAddress(host) || host === 'localhost' || host.endsWith('.localhost');
}

const privateAddresses = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Azure's own DNS, agent and health service, reachable from every machine of the platform.
  // https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  privateAddresses.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  // ::, ::1, and IPv4 addresses in the form of RFC 4291 2.5.5.1.
  ['::', 96],
  // These carry an IPv4 address inside: NAT64, Teredo, 6to4.
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['100::', 64],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  privateAddresses.addSubnet(network, bits, 'ipv6');
}

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
