// The app's settings and host.json: where they come from and how `%NAME%` in a binding becomes a value.

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

type Environment = Record<string, string | undefined>;

/**
 * The parts of host.json that this host acts on.
 * https://learn.microsoft.com/azure/azure-functions/functions-host-json
 */
export type HostJson = {
  routePrefix: string;
  /** Undefined: no limit. */
  functionTimeoutMs: number | undefined;
  maxConcurrentCalls: number;
  maxAutoLockRenewalMs: number;
  /** Whether other triggers than HTTP and timers are there: apps that are not .NET get them in a bundle. */
  hasExtensionBundle: boolean;
};

/**
 * Values of local.settings.json fill only what the environment lacks, as with `func start`. The file is
 * optional.
 */
export function fillFromLocalSettings(appDir: string, environment: Environment): void {
  const values = readJson(join(appDir, 'local.settings.json')).Values;
  for (const [name, value] of Object.entries(asObject(values))) environment[name] ??= String(value);
}

/**
 * Reads host.json; the defaults are the real host's, but that a function may run for ever unless it says
 * otherwise.
 */
export function readHostJson(appDir: string): HostJson {
  const json = readJson(join(appDir, 'host.json'));
  const extensions = asObject(json.extensions);
  const serviceBus = asObject(extensions.serviceBus);
  const timeout = json.functionTimeout ?? '-1';
  checkTelemetry(json);
  return {
    routePrefix: String(asObject(extensions.http).routePrefix ?? 'api'),
    functionTimeoutMs: timeout === '-1' ? undefined : parseTimeSpan(String(timeout)),
    maxConcurrentCalls: Number(serviceBus.maxConcurrentCalls ?? 16 * availableParallelism()),
    maxAutoLockRenewalMs: parseTimeSpan(String(serviceBus.maxAutoLockRenewalDuration ?? '00:05:00')),
    hasExtensionBundle: hasBundle(json.extensionBundle),
  };
}

/**
 * https://learn.microsoft.com/azure/azure-functions/opentelemetry-howto: in this mode the host does not read
 * `logging.applicationInsights`, so what is written there would be believed and not done.
 */
function checkTelemetry({ telemetryMode, logging }: Record<string, unknown>): void {
  if (telemetryMode === undefined) return;
  if (telemetryMode !== 'OpenTelemetry') {
    throw new Error(`host.json: telemetryMode must be "OpenTelemetry", not "${telemetryMode}"`);
  }
  if (asObject(logging).applicationInsights !== undefined) {
    throw new Error('host.json: logging.applicationInsights is not read with telemetryMode "OpenTelemetry"');
  }
}

/** https://learn.microsoft.com/azure/azure-functions/extension-bundles */
function hasBundle(bundle: unknown): boolean {
  const { id, version } = asObject(bundle);
  return id === 'Microsoft.Azure.Functions.ExtensionBundle' && typeof version === 'string';
}

/** The glob of package.json's `main`, which tells the worker what to load. */
export function readEntryPoint(appDir: string): string {
  const main = readJson(join(appDir, 'package.json')).main;
  if (typeof main !== 'string') throw new Error(`${join(appDir, 'package.json')} has no "main" to load`);
  return main;
}

/** Puts the value of a setting in the place of every `%NAME%`. */
export function resolveSettings(text: string, environment: Environment): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = environment[name];
    if (value === undefined) throw new Error(`'%${name}%' does not resolve to a value: set ${name}`);
    return value;
  });
}

/**
 * Whether the root of the app shows nothing, in the place of the host's own page.
 * https://learn.microsoft.com/azure/azure-functions/functions-app-settings#azurewebjobsdisablehomepage
 */
export function isHomepageDisabled(environment: Environment): boolean {
  return environment.AzureWebJobsDisableHomepage?.toLowerCase() === 'true';
}

/** https://learn.microsoft.com/azure/azure-functions/disable-function */
export function isDisabled(functionName: string, environment: Environment): boolean {
  const value = environment[`AzureWebJobs.${functionName}.Disabled`] ?? '';
  return /^(true|1)$/i.test(value);
}

/**
 * The connection string behind a binding's `connection`. In Azure the same name may instead prefix the
 * settings of an identity (`NAME__fullyQualifiedNamespace`); a local bus has no Entra tenant to ask, so here
 * it is always a connection string.
 */
export function resolveConnection(name: string, environment: Environment): string {
  const value = environment[name] ?? environment[`AzureWebJobs${name}`];
  if (value === undefined) throw new Error(`Service Bus connection '${name}' is not set: set ${name}`);
  return value;
}

/** A .NET TimeSpan, `[d.]hh:mm:ss`, in milliseconds. */
function parseTimeSpan(text: string): number {
  const [, days = '0', hours, minutes, seconds] = /^(?:(\d+)\.)?(\d\d):(\d\d):(\d\d)$/.exec(text) ?? [];
  if (hours === undefined) throw new Error(`host.json: '${text}' is not a duration like 00:05:00`);
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

function readJson(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {};
  try {
    return asObject(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Error(`${path} is not JSON`, { cause: error });
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
