// What the host says: one record per fact, for a program or a person to read.

import type { LogLevel } from './core-types.ts';

export type HostEvent =
  | 'app-loaded'
  | 'function-disabled'
  | 'function-log'
  | 'library-log'
  | 'invocation-started'
  | 'invocation-succeeded'
  | 'invocation-failed'
  | 'function-timeout'
  | 'request-failed'
  | 'timer-past-due'
  | 'message-not-settled'
  | 'service-bus-error'
  | 'drain-expired';

type LogFields = {
  functionName?: string | undefined;
  invocationId?: string | undefined;
  message?: string | undefined;
  durationMs?: number | undefined;
};

export type HostLogRecord = LogFields & { time: string; level: LogLevel; event: HostEvent };

export type HostLog = (level: LogLevel, event: HostEvent, fields?: LogFields) => void;

/** A log that stamps each fact with the time of day and hands it to `write`. */
export function createHostLog(write: (record: HostLogRecord) => void): HostLog {
  return (level, event, fields = {}) => write({ time: new Date().toISOString(), level, event, ...fields });
}

/** An error as a log shows it: with its stack, and its cause when it has one. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const described = error.stack ?? error.message;
  return error.cause === undefined ? described : `${described}\ncaused by: ${describeError(error.cause)}`;
}
