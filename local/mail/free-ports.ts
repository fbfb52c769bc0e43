// Ports for a server that cannot be asked to choose its own.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Loopback ports nobody listens on at this moment; somebody may before they are used, so be ready to ask again. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(server => once(server, 'listening')));
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(server => once(server.close(), 'close')));
  return ports;
}
