// The function app as a process of the local stack: started with its settings, its log kept in a file.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { startChild, stopChild } from './child-process.ts';

export type App = {
  url: string;
  pid: number;
  close: () => Promise<void>;
  /** How it ended: its exit code or the signal. */
  ended: Promise<string>;
};

/** A line of the app's own log: what happened, and its figures and ids. */
export type Fact = { event: string; [field: string]: string | number | boolean | null };

/** The app's own line inside the host's record; undefined for what the host itself has to say. */
export function factOf(message: unknown): Fact | undefined {
  return typeof message === 'string' && message.startsWith('{') ? JSON.parse(message) : undefined;
}

/** Starts local/host over functions/. A port that is taken, or a fault of the settings, rejects with the host's words. */
export async function startApp(options: {
  port: number;
  environment: Record<string, string>;
  logFile: string;
  stateDir: string;
  /** Of the app: its source unless told. */
  entry?: string;
  /** Where it is, with its own node_modules: this checkout unless told. */
  appDir?: string;
  /** Hears every fact that the app logs. */
  onFact?: (fact: Fact) => void;
}): Promise<App> {
  const { port, environment, logFile, stateDir, entry = 'functions/*.ts', appDir = '.' } = options;
  const { onFact = () => {} } = options;
  const host = ['local/host/main.ts', '--port', String(port), '--state', stateDir];
  const args = [...host, '--dir', resolve(appDir), '--entry', entry];
  const child = startChild(process.execPath, args, { env: environment });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stderr.pipe(log, { end: false });
  const started = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', line => {
    log.write(`${line}\n`);
    const record = JSON.parse(line);
    if (record.event === 'host-started') started.resolve(record.url);
    const fact = factOf(record.message);
    if (fact) onFact(fact);
    if (record.event === 'host-failed') started.reject(new Error(record.message.split('\n')[0]));
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    const how = signal ?? `exit code ${code}`;
    started.reject(new Error(`The app ended (${how}); see ${logFile}`));
    log.end();
    return how;
  });
  return {
    url: await started.promise,
    pid: child.pid ?? 0,
    ended,
    close: () => stopChild(child),
  };
}
