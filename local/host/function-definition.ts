// What a registered function is to this host: its trigger, checked, so that nothing the host lacks passes by
// accident.

import type { Binding, FunctionCallback, FunctionMetadata } from './core-types.ts';
import { parseSchedule, type Schedule } from './ncrontab.ts';
import { resolveConnection, resolveSettings } from './settings.ts';

const authLevels = ['anonymous', 'function', 'admin'] as const;

export type AuthLevel = (typeof authLevels)[number];

export type HttpTrigger = {
  type: 'http';
  bindingName: string;
  /** Without the prefix of host.json. */
  route: string;
  methods: string[];
  authLevel: AuthLevel;
};

export type TimerTrigger = {
  type: 'timer';
  bindingName: string;
  schedule: Schedule;
  runOnStartup: boolean;
  useMonitor: boolean;
};

export type ServiceBusTrigger = {
  type: 'serviceBus';
  bindingName: string;
  connectionString: string;
  entity: { queue: string } | { topic: string; subscription: string };
};

export type FunctionDefinition<T = HttpTrigger | TimerTrigger | ServiceBusTrigger> = {
  name: string;
  metadata: FunctionMetadata;
  callback: FunctionCallback;
  trigger: T;
};

export type HttpFunction = FunctionDefinition<HttpTrigger>;
export type TimerFunction = FunctionDefinition<TimerTrigger>;
export type ServiceBusFunction = FunctionDefinition<ServiceBusTrigger>;

/**
 * Reads what the app registered; refuses, naming the function, whatever this host would not do as Azure does.
 */
export function defineFunction(
  metadata: FunctionMetadata,
  callback: FunctionCallback,
  environment: NodeJS.ProcessEnv,
): FunctionDefinition {
  const { name } = metadata;
  try {
    if (!/^[a-z][\w-]{0,127}$/i.test(name)) throw new Error('its name is not letters, digits, _ and -');
    if (metadata.retryOptions !== undefined) throw new Error('retry policies are not supported');
    return { name, metadata, callback, trigger: readTrigger(metadata, environment) };
  } catch (error) {
    throw new Error(`Function '${name}' cannot run on this host`, { cause: error });
  }
}

/** What the host knows by itself; every other binding comes with the extension bundle. */
const builtInBindings = ['httpTrigger', 'http', 'timerTrigger'];

/**
 * Refuses, in the real host's words, a function whose bindings host.json brings no extension for. There the others start
 * without it, and this one is never called.
 */
export function requireExtensions({ name, bindings }: FunctionMetadata, hasExtensionBundle: boolean): void {
  const types = Object.values(bindings).map(({ type }) => type);
  const missing = types.filter(type => !builtInBindings.includes(type));
  if (hasExtensionBundle || missing.length === 0) return;
  throw new Error(
    `The '${name}' function is in error: The binding type(s) '${missing.join(', ')}' are not registered. ` +
      'Please ensure the type is correct and the binding extension is installed.',
  );
}

export function isHttp(definition: FunctionDefinition): definition is HttpFunction {
  return definition.trigger.type === 'http';
}

export function isTimer(definition: FunctionDefinition): definition is TimerFunction {
  return definition.trigger.type === 'timer';
}

export function isServiceBus(definition: FunctionDefinition): definition is ServiceBusFunction {
  return definition.trigger.type === 'serviceBus';
}

function readTrigger(
  metadata: FunctionMetadata,
  environment: NodeJS.ProcessEnv,
): FunctionDefinition['trigger'] {
  const bindings = Object.entries(metadata.bindings);
  const [bindingName, binding] = bindings.find(([, { type }]) => type.endsWith('Trigger')) ?? [];
  if (bindingName === undefined || binding === undefined) throw new Error('it has no trigger');
  const other = bindings.find(([name, { type }]) => name !== bindingName && type !== 'http');
  if (other !== undefined) throw new Error(`binding '${other[0]}': only triggers are supported`);
  if (binding.type === 'httpTrigger') return readHttpTrigger(bindingName, binding, metadata.name);
  if (binding.type === 'timerTrigger') return readTimerTrigger(bindingName, binding, environment);
  if (binding.type === 'serviceBusTrigger') return readServiceBusTrigger(bindingName, binding, environment);
  throw new Error(`trigger '${binding.type}' is not supported`);
}

function readHttpTrigger(bindingName: string, binding: Binding, functionName: string): HttpTrigger {
  const authLevel = authLevels.find(level => level === binding.authLevel);
  if (authLevel === undefined) throw new Error(`authLevel must be one of ${authLevels.join(', ')}`);
  const route = (text(binding, 'route') || functionName).replace(/^\//, '');
  const methods = Array.isArray(binding.methods) ? binding.methods.map(String) : [];
  return { type: 'http', bindingName, route, methods: methods.map(m => m.toUpperCase()), authLevel };
}

function readTimerTrigger(
  bindingName: string,
  binding: Binding,
  environment: NodeJS.ProcessEnv,
): TimerTrigger {
  const schedule = parseSchedule(resolveSettings(text(binding, 'schedule') ?? '', environment));
  const runOnStartup = binding.runOnStartup === true;
  return { type: 'timer', bindingName, schedule, runOnStartup, useMonitor: binding.useMonitor !== false };
}

function readServiceBusTrigger(
  bindingName: string,
  binding: Binding,
  environment: NodeJS.ProcessEnv,
): ServiceBusTrigger {
  if (binding.isSessionsEnabled === true) throw new Error('sessions are not supported');
  if (binding.cardinality === 'many') throw new Error("cardinality 'many' is not supported");
  if (binding.autoCompleteMessages === false) throw new Error('autoCompleteMessages: false is not supported');
  const resolve = (property: string) => resolveSettings(text(binding, property) ?? '', environment);
  const queue = resolve('queueName');
  return {
    type: 'serviceBus',
    bindingName,
    connectionString: resolveConnection(text(binding, 'connection') ?? '', environment),
    entity:
      queue === '' ? { topic: resolve('topicName'), subscription: resolve('subscriptionName') } : { queue },
  };
}

function text(binding: Binding, property: string): string | undefined {
  const value = binding[property];
  return typeof value === 'string' ? value : undefined;
}
