// Runs a timer function when it is due, never twice at once, and again at once when it missed its time.
//
// It follows the real listener: an occurrence that passes while the function still runs is made up for once,
// when it ends.
// https://github.com/Azure/azure-webjobs-sdk-extensions/blob/main/src/WebJobs.Extensions/Extensions/Timers/Listener/TimerListener.cs

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TypedData } from './core-types.ts';
import type { TimerFunction } from './function-definition.ts';
import type { HostLog } from './host-log.ts';
import type { Invoke } from './invoke.ts';
import { nextOccurrence, type Schedule } from './ncrontab.ts';
import type { RunningWork } from './running-work.ts';

/** Milliseconds since 1970. `last` is undefined until the timer has fired. */
type ScheduleStatus = { last: number | undefined; next: number; lastUpdated: number };

type TimerOptions = {
  definition: TimerFunction;
  /** Keeps the status over restarts; without it no run is ever past due. */
  stateDir: string | undefined;
  now: () => number;
  invoke: Invoke;
  running: RunningWork;
  log: HostLog;
};

export type TimerListener = {
  stop: () => void;
};

/**
 * The longest sleep before the clock is read again: so a laptop that slept, or a test that moves `now`, is
 * noticed, and no sleep exceeds what setTimeout can hold (24.8 days).
 */
const longestSleepMs = 100;

export function startTimer(options: TimerOptions): TimerListener {
  const { definition, stateDir, now, invoke, running, log } = options;
  const { schedule, runOnStartup, useMonitor } = definition.trigger;
  // As in Azure: a schedule that comes more than once a minute is not monitored, so it has no status and is
  // never past due.
  const monitored = useMonitor && schedule.seconds.size === 1;
  const statusFile =
    monitored && stateDir !== undefined ? join(stateDir, 'timers', `${definition.name}.json`) : undefined;
  const remembered = statusFile === undefined ? undefined : readStatus(statusFile, schedule);
  let status: ScheduleStatus = remembered ?? {
    last: undefined,
    next: nextOccurrence(schedule, now()),
    lastUpdated: now(),
  };
  if (statusFile !== undefined) writeStatus(statusFile, status);
  let sleeping: NodeJS.Timeout | undefined;
  let stopped = false;

  const runDue = async (isPastDue: boolean): Promise<void> => {
    const startedAt = now();
    const data = timerInput(monitored ? status : undefined, isPastDue);
    // What it throws is in the log; the next occurrence comes all the same.
    await running.track(invoke(definition, { data })).catch(() => undefined);
    status = { last: startedAt, next: nextOccurrence(schedule, startedAt), lastUpdated: startedAt };
    if (statusFile !== undefined) writeStatus(statusFile, status);
  };

  const sleep = (): void => {
    if (stopped) return;
    const remainingMs = Math.max(status.next - now(), 0);
    sleeping = setTimeout(wake, Math.min(remainingMs, longestSleepMs));
  };
  const wake = async (): Promise<void> => {
    if (now() >= status.next) await runDue(false);
    sleep();
  };
  const start = async (): Promise<void> => {
    const isPastDue = remembered !== undefined && now() > remembered.next;
    if (isPastDue) log('information', 'timer-past-due', { functionName: definition.name });
    if (isPastDue || runOnStartup) await runDue(isPastDue);
    sleep();
  };

  void start();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(sleeping);
    },
  };
}

/** What a timer function is given, in the shape of .NET; the programming model lowers the first letters. */
export function timerInput(status?: ScheduleStatus, isPastDue = false): TypedData {
  const scheduleStatus = status && {
    Last: status.last === undefined ? '0001-01-01T00:00:00' : new Date(status.last).toISOString(),
    Next: new Date(status.next).toISOString(),
    LastUpdated: new Date(status.lastUpdated).toISOString(),
  };
  const input = {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: scheduleStatus ?? null,
    IsPastDue: isPastDue,
  };
  return { json: JSON.stringify(input) };
}

/** The status as it was left, with `next` by the present schedule, which may be another than then. */
function readStatus(file: string, schedule: Schedule): ScheduleStatus | undefined {
  try {
    const status = JSON.parse(readFileSync(file, 'utf8')) as ScheduleStatus;
    return { ...status, next: nextOccurrence(schedule, status.last ?? status.lastUpdated) };
  } catch {
    // Absent, or cut off by a kill: the timer starts anew.
    return undefined;
  }
}

function writeStatus(file: string, status: ScheduleStatus): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(status));
}
