// How long Azure and a mail server take to answer, put upon stand-ins that answer at once. One answer in twenty takes five
// times as long.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Stack } from '../local/stack.ts';

const tail = { every: 20, factor: 5 };
const BLOB_MS = 12;
const COSMOS_MS = 6;
const BUS_MS = 10;
const MAIL_SERVER_MS = 40;

/** From now on the stand-ins of Azure, and of Graph, take their time. */
export function slowDown({ blob, cosmos, serviceBus, graph }: Stack): void {
  blob.faults.add({ on: '', action: 'delay', delayMs: BLOB_MS, tail });
  cosmos.faults.add({ on: '', action: 'delay', delayMs: COSMOS_MS, tail });
  serviceBus.faults.add({ on: 'send ', action: 'delay', delayMs: BUS_MS, tail });
  graph.faults.add({ on: '', action: 'delay', delayMs: MAIL_SERVER_MS, tail });
}

/** A server that is as far away as a mail server is: what either side says arrives half a round trip later, in its order. */
export async function startFarServer(port: number) {
  const server = createServer(client => {
    const near = connect(port, '127.0.0.1');
    passLate(client, near);
    passLate(near, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => void (await once(server.close(), 'close')),
  };
}

function passLate(from: Socket, to: Socket): void {
  let arrivesAt = 0;
  let answers = 0;
  const underWay: (() => void)[] = [];
  const late = (what: () => void) => {
    const now = performance.now();
    // What is said while something is still under way belongs to the same answer.
    if (now > arrivesAt) answers += 1;
    const isSlow = now > arrivesAt && answers % tail.every === 0;
    // Nothing overtakes what was said before it.
    arrivesAt = Math.max(arrivesAt, now + (MAIL_SERVER_MS / 2) * (isSlow ? tail.factor : 1));
    underWay.push(what);
    // Whichever timer comes first: two that end together may come in either order.
    setTimeout(() => underWay.shift()?.(), arrivesAt - now);
  };
  from.setNoDelay(true);
  from.on('data', chunk => late(() => void to.write(chunk)));
  from.on('error', () => {});
  from.on('close', () => late(() => to.destroy()));
}
