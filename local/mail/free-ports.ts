// Ports for a server that cannot be asked to choose its own, or that has to be named before it listens.
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the range that systems give out by themselves, to connections and to servers that ask for any port (Linux:
 * 32768 to 60999; macOS, Windows: from 49152): so none of these takes a port between its choice and its use.
 */
const lowest = 20_000;
const count = 12_000;

/** Processes start at places of their own, so that two that choose at the same time do not choose the same. */
let next = (process.pid * 31) % count;

/** Loopback ports nobody listens on. */
export async function findFreePorts(wanted: number): Promise<number[]> {
  const found: number[] = [];
  for (let tried = 0; found.length < wanted; tried++) {
    if (tried === count) throw new Error(`There are not ${wanted} free ports from ${lowest} on`);
    const port = lowest + next;
    next = (next + 1) % count;
    if (await isFree(port)) found.push(port);
  }
  return found;
}

/** Whether it can be listened on at loopback at this moment. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
