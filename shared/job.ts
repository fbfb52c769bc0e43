// The edge of timers and queues: hands a job its clients, clock and log, and turns unknown throws into ours.
import type { InvocationContext } from '@azure/functions';
import { tellingRepeats } from './azure/repeats.ts';
import { type Clients, getClients, tracked } from './clients.ts';
import { toMaloteError } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { traced } from './telemetry.ts';
import { watched } from './watch.ts';

export type Job = { clients: Clients; clock: () => Date; log: Log };

/**
 * A handler that runs `run` with what it needs. A failure is logged and thrown on, so that the host counts it; the tick
 * repeats what a failed job left.
 */
export function job<Input>(name: string, run: (input: Input, job: Job) => Promise<unknown>) {
  return async (input: Input, context: InvocationContext): Promise<void> => {
    const log = invocationLog(context, name);
    try {
      await watched();
      const start = async () => run(input, { clients: await getClients(), clock: () => new Date(), log });
      await traced(name, traceOf(context), () => tracked(() => tellingRepeats(log, start)));
    } catch (error) {
      const { code, message, stack } = toMaloteError(error);
      log.error('job-failed', { code, message, stack });
      throw error;
    }
  };
}

/** A message continues the trace of who sent it, whatever the host makes of that; the host's own span is linked. */
function traceOf({ triggerMetadata = {}, traceContext }: InvocationContext) {
  const { applicationProperties } = triggerMetadata as { applicationProperties?: { traceparent?: unknown } };
  const host = traceContext?.traceParent;
  const sent = applicationProperties?.traceparent;
  return typeof sent === 'string' ? { parent: sent, links: [host] } : { parent: host };
}

/** A log whose lines go to the invocation, so that Application Insights shows them together. */
export function invocationLog(context: InvocationContext, job: string): Log {
  const sinks = {
    debug: context.debug,
    info: context.info,
    warn: context.warn,
    error: context.error,
  };
  return createLog((level, line) => sinks[level].call(context, line), { job });
}
