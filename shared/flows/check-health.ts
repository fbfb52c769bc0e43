// Whether what the app depends on answers: asked by operators and load balancers, and by strangers.
import type { Clients } from '../clients.ts';
import { toMaloteError } from '../errors.ts';
import type { Log } from '../log.ts';

type Dependency = 'database' | 'blobs' | 'bus';
type State = 'ok' | 'unavailable';

/** What everybody may know; why a dependency is away is in the log. */
export type Health =
  | { ready: boolean; dependencies: Record<Dependency, State> }
  /** The names of the settings that are missing or wrong. */
  | { ready: false; settings: string[] };

const PATIENCE_MS = 5_000;
/** An answer stays good for so long: nobody can make us ask the dependencies more often. */
const FRESH_MS = 5_000;

type Asked = { at: number; health: Promise<Health> };
const asked = new WeakMap<Clients, Asked>();

/**
 * Asks each dependency for something small; none is waited for longer than 5 s. Never throws.
 * @param getClients may throw, for want of settings
 */
export async function checkHealth(getClients: () => Promise<Clients>, now: Date, log: Log): Promise<Health> {
  let clients: Clients;
  try {
    clients = await getClients();
  } catch (error) {
    const { message, fields } = toMaloteError(error);
    log.error('not-ready', { message });
    return { ready: false, settings: fields.map(({ field }) => field) };
  }
  const last = asked.get(clients);
  if (last && Math.abs(now.getTime() - last.at) < FRESH_MS) return last.health;
  const health = askAll(clients, log);
  asked.set(clients, { at: now.getTime(), health });
  return health;
}

async function askAll({ database, mails, bus }: Clients, log: Log): Promise<Health> {
  const state = async (dependency: Dependency, ask: () => Promise<unknown>): Promise<State> => {
    const fault = await faultOf(ask);
    if (fault === undefined) return 'ok';
    log.error('not-ready', { dependency, message: fault });
    return 'unavailable';
  };
  const states = await Promise.all([
    state('database', () => database.catalog.read()),
    state('blobs', async () => {
      if (!(await mails.exists())) throw new Error('the container "mails" is missing');
    }),
    state('bus', () => bus.check()),
  ]);
  const [databaseState, blobs, busState] = states;
  return {
    ready: states.every(answer => answer === 'ok'),
    dependencies: { database: databaseState, blobs, bus: busState },
  };
}

async function faultOf(ask: () => Promise<unknown>): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(late.resolve, PATIENCE_MS, 'no answer in time');
  try {
    return await Promise.race([ask().then(() => undefined), late.promise]);
  } catch (error) {
    return toMaloteError(error).message.split('\n')[0] ?? 'failed';
  } finally {
    clearTimeout(timer);
  }
}
