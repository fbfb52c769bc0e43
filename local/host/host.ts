// A local Azure Functions host: runs a function app in this process, driving the genuine `@azure/functions`.
//
// It does what the real host (4.1037) does for HTTP, timer and Service Bus functions, and refuses at start-up what it
// does not do. Only here, and not to be relied on by an app: `.ts` entry points.

import { resolve } from 'node:path';
import type { AccessKeys } from './access-keys.ts';
import { FunctionsCore } from './core-module.ts';
import { type FunctionDefinition, isHttp, isServiceBus, isTimer } from './function-definition.ts';
import { createHostLog, type HostLogRecord } from './host-log.ts';
import { createForward } from './http-forward.ts';
import { type HttpApp, listen } from './http-server.ts';
import { createInvoke } from './invoke.ts';
import { startLibraryProxy } from './library-proxy.ts';
import { loadFunctions } from './load-app.ts';
import { createRouteTable } from './route-table.ts';
import { endsWithin, RunningWork } from './running-work.ts';
import { startServiceBusListener } from './service-bus-trigger.ts';
import {
  fillFromLocalSettings,
  isDisabled,
  isHomepageDisabled,
  readEntryPoint,
  readHostJson,
} from './settings.ts';
import { startTimer, timerInput } from './timer-trigger.ts';

export type HostOptions = {
  /** Holds host.json, package.json and, perhaps, local.settings.json. */
  appDir: string;
  /** 0 for any free one. */
  port: number;
  /** 127.0.0.1 unless told. */
  hostname?: string;
  /** Globs relative to `appDir`, in the place of package.json's `main`. */
  entryPoints?: string[];
  /** Set in `process.env` before the app is loaded, and left there. */
  env?: Record<string, string>;
  log?: (record: HostLogRecord) => void;
  /** The timers' clock, milliseconds since 1970. */
  now?: () => number;
  keys?: AccessKeys;
  /** Whether keys are asked for; `func start` does not. */
  enforceAuth?: boolean;
  /**
   * Keeps the timers' schedules over restarts; without it a run that was missed while the host was down is
   * not made up for.
   */
  stateDir?: string | undefined;
  /** How long a caller waits for a function that never answers: 240 s, as in Azure. */
  silenceMs?: number;
  /** How long an end waits for timers and messages under way, as Azure's plans do: 30 s, if nothing else is said. */
  graceMs?: number;
  /**
   * Called when a function ran longer than functionTimeout. In Azure the worker ends then, with all that is under way in
   * it, and another is started.
   */
  endWorker?: () => void;
};

export type Host = {
  port: number;
  url: string;
  /** Names of all functions, the disabled too. */
  functions: string[];
  /**
   * Runs a timer or Service Bus function now, disabled or not; rejects with what it threw. `input` is a
   * message's body.
   */
  fire: (functionName: string, input?: string) => Promise<void>;
  /** Takes no more work, waits for what is running, and ends. */
  close: () => Promise<void>;
};

/** How long the app may take for its end, and requests for theirs. */
const drainMs = 5_000;

/**
 * Loads and starts the app; rejects when it cannot run as it would in Azure. One host a process: the library
 * remembers it.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const { hostname = '127.0.0.1', entryPoints, now = Date.now, stateDir } = options;
  const { silenceMs = 240_000, graceMs = 30_000, endWorker = () => undefined } = options;
  const appDir = resolve(options.appDir);
  const log = createHostLog(options.log ?? (() => undefined));
  const requests = new RunningWork();
  const jobs = new RunningWork();
  const core = new FunctionsCore(log);
  const app = Promise.withResolvers<HttpApp>();
  // Undone in reverse order by close(), or at once when the start fails half-way.
  await using opened = new AsyncDisposableStack();

  const server = await listen({ hostname, port: options.port }, app.promise, requests, log);
  opened.defer(server.close);
  prepareEnvironment(appDir, options.env ?? {}, `${hostname}:${server.port}`);
  const hostJson = readHostJson(appDir);
  const functions = await loadFunctions(
    core,
    appDir,
    entryPoints ?? [readEntryPoint(appDir)],
    hostJson.hasExtensionBundle,
  );
  const findRoute = createRouteTable(functions.filter(isHttp).filter(isEnabled), hostJson.routePrefix);
  const library = await startLibraryProxy(core);
  opened.defer(library.close);
  if (library.port === undefined && functions.some(isHttp)) {
    throw new Error('This host streams HTTP bodies only: call app.setup({ enableHttpStream: true })');
  }

  const invoke = createInvoke(core, log, {
    functionTimeoutMs: hostJson.functionTimeoutMs,
    endWorker,
  });
  const listeners = functions
    .filter(isServiceBus)
    .filter(isEnabled)
    .map(definition => startServiceBusListener({ definition, hostJson, invoke, running: jobs, log }));
  for (const listener of listeners) opened.defer(listener.close);
  const timers = functions
    .filter(isTimer)
    .filter(isEnabled)
    .map(definition => startTimer({ definition, stateDir, now, invoke, running: jobs, log }));

  opened.defer(async () => {
    server.stop();
    for (const timer of timers) timer.stop();
    const stopped = listeners.map(listener => listener.stop());
    // As in Azure: the app hears of its end when its timers and messages are done, or not at all.
    if (!(await endsWithin(graceMs, Promise.all([...stopped, jobs.untilIdle()])))) {
      log('warning', 'drain-expired');
      return;
    }
    await endsWithin(drainMs, core.runAppHooks('appTerminate', {}));
    if (!(await endsWithin(drainMs, requests.untilIdle()))) log('warning', 'drain-expired');
  });

  const fire = (functionName: string, input = ''): Promise<void> | undefined => {
    const definition = functions.find(({ name }) => name === functionName);
    if (definition === undefined || isHttp(definition)) return undefined;
    const data = isTimer(definition) ? timerInput() : { string: input };
    return jobs.track(invoke(definition, { data }).then(() => undefined));
  };
  const keys = options.enforceAuth ? (options.keys ?? {}) : undefined;
  app.resolve({
    findRoute,
    forward: createForward({ libraryPort: library.port, silenceMs, invoke, log }),
    fire,
    keys,
    isHomepageDisabled: isHomepageDisabled(process.env),
  });
  log('information', 'app-loaded', { message: `${functions.length} functions` });

  const closing = opened.move();
  return {
    port: server.port,
    url: `http://${hostname}:${server.port}`,
    functions: functions.map(({ name }) => name),
    fire: async (functionName, input) => {
      const fired = fire(functionName, input);
      if (fired === undefined) throw new Error(`There is no timer or Service Bus function '${functionName}'`);
      await fired;
    },
    close: () => closing.disposeAsync(),
  };
}

/**
 * The settings the app sees, the strongest first: `env`, the environment, local.settings.json, what `func
 * start` adds.
 */
function prepareEnvironment(appDir: string, env: Record<string, string>, address: string): void {
  Object.assign(process.env, env);
  fillFromLocalSettings(appDir, process.env);
  process.env.AZURE_FUNCTIONS_ENVIRONMENT ??= 'Development';
  process.env.WEBSITE_HOSTNAME ??= address;
}

function isEnabled({ name }: FunctionDefinition): boolean {
  return !isDisabled(name, process.env);
}
