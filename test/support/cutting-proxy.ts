// A proxy of TCP that resets a connection at the moment a test is about: the request unread, or carried out and unanswered.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * `unread`: before the server gets a byte of it; `unanswered`: when its answer begins; `amid`: after some of the answer. The
 * last two are for connections that were used before.
 */
export type Cut = 'unread' | 'unanswered' | 'amid';

/** Less than the answers that are to be cut in the middle. */
const LET_THROUGH_BYTES = 4_096;

export type CuttingProxy = {
  port: number;
  /** Resets so many connections, of those in use now and of those to come, each at its next request. */
  cut: (how: Cut, times?: number) => void;
  /** How many cuts are still to be made. */
  left: () => number;
  close: () => Promise<void>;
};

export async function startCuttingProxy(target: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let pending: { how: Cut; times: number } | undefined;
  const due = (how: Cut) => pending?.how === how && pending.times > 0;

  const server = createServer(client => {
    const upstream = connect(target, '127.0.0.1');
    // The first flight of a client opens TLS; the second ends that, with the first request or before it.
    let flights = 0;
    let answeredBytes = 0;
    const cut = () => {
      if (pending) pending.times -= 1;
      client.resetAndDestroy();
      upstream.destroy();
    };
    client.on('data', chunk => {
      flights += 1;
      answeredBytes = 0;
      if (flights > 1 && due('unread')) cut();
      else upstream.write(chunk);
    });
    upstream.on('data', chunk => {
      if (flights > 2 && due('unanswered')) return cut();
      const isLong = answeredBytes + chunk.length > LET_THROUGH_BYTES;
      if (isLong && due('amid')) {
        client.write(chunk.subarray(0, LET_THROUGH_BYTES - answeredBytes), cut);
        upstream.pause();
        return;
      }
      answeredBytes += chunk.length;
      client.write(chunk);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut: (how, times = 1) => {
      pending = { how, times };
    },
    left: () => pending?.times ?? 0,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
