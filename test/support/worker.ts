// The app as a process of its own, to be killed in the middle of its work.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Fact, factOf } from '../../local/app.ts';
import { sharedApp } from './whole-run.ts';

export type Worker = {
  url: string;
  /** What the app logged: its own facts, newest last. */
  facts: Fact[];
  /** Ends it as a power cut would. */
  kill: () => Promise<void>;
  /** Ends it as a deployment would. */
  stop: () => Promise<void>;
};

/** Starts the local host over functions/ with these settings, its timers off: the tests say when something happens. */
export async function startWorker(
  environment: Record<string, string>,
  entry = sharedApp() ?? 'functions/*.ts',
): Promise<Worker> {
  const child = spawn(process.execPath, ['local/host/main.ts', '--port', '0', '--entry', entry], {
    env: { ...process.env, 'AzureWebJobs.poll-mailboxes.Disabled': 'true', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const facts: Fact[] = [];
  const started = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', line => {
    const record = JSON.parse(line);
    if (record.event === 'host-started') started.resolve(record.url);
    if (record.event === 'host-failed') started.reject(new Error(record.message));
    const fact = factOf(record.message);
    if (fact) facts.push(fact);
  });
  child.once('exit', code => started.reject(new Error(`The host ended with ${code}`)));
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return { url: await started.promise, facts, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}
