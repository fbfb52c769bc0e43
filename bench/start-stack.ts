// The local stack in memory, with the app's own clients in this process: what the benches of single operations are taken of.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Stack, startStack } from '../local/stack.ts';
import { closeClients, getClients } from '../shared/clients.ts';

/** What else is to run, before the app reads its settings; gives those that it needs for it. */
type Prepare = (stack: Stack, dir: string) => Promise<Record<string, string>>;

/** Starts it in a new folder; all of it ends with `opened`. */
export async function startBench(opened: AsyncDisposableStack, prepare: Prepare = async () => ({})) {
  const dir = await mkdtemp(join(tmpdir(), 'malote-bench-'));
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  const ports = { serviceBus: 0, cosmos: 0, blob: 0, entra: 0, graph: 0 };
  const stack = await startStack({ dir, ports, tlsDir: resolve('.local/tls'), inMemory: true });
  opened.defer(stack.close);
  Object.assign(process.env, stack.environment, await prepare(stack, dir));
  const clients = await getClients();
  opened.defer(closeClients);
  return { dir, stack, clients };
}
