// Provides `@azure/functions-core`, the module that the programming model finds only inside a Functions
// worker.

import { registerHooks } from 'node:module';
import type {
  CoreInvocationContext,
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookContext,
  HookName,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './core-types.ts';
import type { HostLog } from './host-log.ts';

type RegisteredFunction = { metadata: FunctionMetadata; callback: FunctionCallback };

/** Which invocation a line of log belongs to; log hooks see its context and data. */
type LoggedInvocation = {
  core: CoreInvocationContext;
  hookData: HookContext['hookData'];
  context: unknown;
};

/** What an app registered while it was loaded, and the hooks it wants run. */
export class FunctionsCore {
  readonly functions = new Map<string, RegisteredFunction>();
  /** Shared by the hooks of every invocation and of the app. */
  readonly appHookData: HookContext['hookData'] = {};
  programmingModel: ProgrammingModel | undefined;
  readonly #hooks: Record<HookName, HookCallback[]> = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
    log: [],
  };
  /** Shared by appStart and appTerminate alone. */
  readonly #appOnlyHookData: HookContext['hookData'] = {};
  readonly #log: HostLog;
  #startupFinished = false;

  constructor(log: HostLog) {
    this.#log = log;
  }

  /**
   * From here on no function can be registered, as in Azure once the worker has told the host its functions.
   */
  finishStartup(): void {
    this.#startupFinished = true;
  }

  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): { dispose: () => void } {
    const { name } = metadata;
    if (this.#startupFinished) throw systemError('A function can only be registered during app startup.');
    if (this.functions.has(name))
      throw systemError(`A function with id "${name}" has already been registered.`);
    this.functions.set(name, { metadata, callback });
    return { dispose: () => this.functions.delete(name) };
  }

  registerHook(name: HookName, callback: HookCallback): { dispose: () => void } {
    const callbacks = this.#hooks[name];
    if (callbacks === undefined) throw systemError(`Unrecognized hook "${name}"`);
    callbacks.push(callback);
    return { dispose: () => callbacks.splice(callbacks.indexOf(callback), 1) };
  }

  /** Runs the hooks of one kind in the order of their registration; one that throws stops the rest. */
  async runHooks(name: HookName, context: HookContext): Promise<void> {
    for (const callback of this.#hooks[name]) await callback(context);
  }

  runAppHooks(name: 'appStart' | 'appTerminate', members: object): Promise<void> {
    const data = { hookData: this.#appOnlyHookData, appHookData: this.appHookData };
    return this.runHooks(name, { ...members, ...data });
  }

  /**
   * Writes a line of the function or the library, after log hooks had their say: they may reword what a
   * function logs.
   */
  writeLog(level: LogLevel, category: LogCategory, message: string, invocation?: LoggedInvocation): void {
    const line: HookContext = {
      level,
      message,
      category,
      hookData: invocation?.hookData ?? {},
      appHookData: this.appHookData,
      invocationContext: invocation?.context,
    };
    for (const callback of this.#hooks.log) callback(line);
    const { invocationId, metadata } = invocation?.core ?? {};
    const ids = { invocationId, functionName: metadata?.name };
    if (category !== 'user') this.#log(level, 'library-log', { ...ids, message });
    else this.#log(line.level as LogLevel, 'function-log', { ...ids, message: String(line.message) });
  }
}

const coreModuleUrl = 'functions-core:module';
const coreModuleKey = Symbol.for('functions-core');

/**
 * Makes `require('@azure/functions-core')` answer with this core. It must happen before the app is imported:
 * the library asks once, and remembers a failure too ("test mode"). Only `require` finds it, as in the real
 * worker, which replaces `Module.prototype.require`.
 */
export function installCoreModule(core: FunctionsCore): void {
  if (coreModuleKey in globalThis) {
    throw new Error(
      'A Functions host has already run in this process; the library keeps the first one it met.',
    );
  }
  Object.defineProperty(globalThis, coreModuleKey, { value: coreModuleExports(core) });
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      specifier === '@azure/functions-core' && context.conditions.includes('require')
        ? { url: coreModuleUrl, format: 'commonjs', shortCircuit: true }
        : nextResolve(specifier, context),
    load: (url, context, nextLoad) =>
      url === coreModuleUrl
        ? {
            format: 'commonjs',
            source: `module.exports = globalThis[Symbol.for('functions-core')];`,
            shortCircuit: true,
          }
        : nextLoad(url, context),
  });
}

function coreModuleExports(core: FunctionsCore): object {
  return {
    version: 'local',
    hostVersion: 'local',
    registerFunction: core.registerFunction.bind(core),
    registerHook: core.registerHook.bind(core),
    setProgrammingModel: (model: ProgrammingModel) => {
      core.programmingModel = model;
    },
    getProgrammingModel: () => core.programmingModel,
    log: (level: LogLevel, category: LogCategory, message: string) => core.writeLog(level, category, message),
  };
}

/** An error that the library recognises as the host's, not the app's. */
function systemError(message: string): Error {
  return Object.assign(new Error(message), { isAzureFunctionsSystemError: true });
}
