// Runs one invocation through the programming model, in the order the real worker calls it.
// https://github.com/Azure/azure-functions-nodejs-worker/blob/v3.x/src/eventHandlers/InvocationHandler.ts

import { randomBytes, randomUUID } from 'node:crypto';
import type { FunctionsCore } from './core-module.ts';
import type { CoreInvocationContext, HookContext, InvocationRequest, TypedData } from './core-types.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { describeError, type HostLog } from './host-log.ts';

export type InvocationInput = {
  data: TypedData;
  metadata?: Record<string, TypedData>;
  invocationId?: string;
  /** W3C trace context of the caller, when it sent one. */
  traceParent?: string | undefined;
};

/** Runs a function once and gives what it returned; rejects with what it threw. */
export type Invoke = (definition: FunctionDefinition, input: InvocationInput) => Promise<unknown>;

/** How long a function may run, and what ends the worker, with all that is under way in it, when one runs longer. */
type Timeout = { functionTimeoutMs: number | undefined; endWorker: () => void };

export function createInvoke(
  core: FunctionsCore,
  log: HostLog,
  { functionTimeoutMs, endWorker }: Timeout,
): Invoke {
  return async (definition, input) => {
    const request = createRequest(definition, input);
    const ids = { functionName: definition.name, invocationId: request.invocationId };
    const startedAt = performance.now();
    const durationMs = () => Math.round(performance.now() - startedAt);
    const onTimeout = () => {
      log('error', 'function-timeout', { ...ids, durationMs: durationMs() });
      endWorker();
    };
    const timeout = functionTimeoutMs === undefined ? undefined : setTimeout(onTimeout, functionTimeoutMs);
    log('debug', 'invocation-started', ids);
    try {
      const result = await runPhases(core, definition, request);
      log('information', 'invocation-succeeded', { ...ids, durationMs: durationMs() });
      return result;
    } catch (error) {
      log('error', 'invocation-failed', { ...ids, durationMs: durationMs(), message: describeError(error) });
      throw error;
    } finally {
      clearTimeout(timeout);
    }
  };
}

async function runPhases(
  core: FunctionsCore,
  { metadata, callback }: FunctionDefinition,
  request: InvocationRequest,
): Promise<unknown> {
  if (core.programmingModel === undefined) throw new Error('The app registered no programming model');
  const hookData: HookContext['hookData'] = {};
  let context: unknown;
  const coreContext: CoreInvocationContext = {
    invocationId: request.invocationId,
    request,
    metadata,
    state: undefined,
    log: (level, category, message) =>
      core.writeLog(level, category, message, { core: coreContext, hookData, context }),
  };
  const during = async <T>(state: CoreInvocationContext['state'], work: () => Promise<T>): Promise<T> => {
    coreContext.state = state;
    try {
      return await work();
    } finally {
      coreContext.state = undefined;
    }
  };

  const model = core.programmingModel.getInvocationModel(coreContext);
  const args = await model.getArguments();
  context = args.context;
  const shared = { hookData, appHookData: core.appHookData, invocationContext: context };

  const before = { ...shared, inputs: args.inputs, functionCallback: callback };
  await during('preInvocationHooks', () => core.runHooks('preInvocation', before));

  const after = { ...shared, inputs: before.inputs, result: null as unknown, error: null as unknown };
  await during('invocation', async () => {
    try {
      after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error;
    }
  });
  await during('postInvocationHooks', () => core.runHooks('postInvocation', after));

  if (after.error !== null && after.error !== undefined) throw after.error;
  await model.getResponse(context, after.result);
  return after.result;
}

function createRequest({ name, trigger }: FunctionDefinition, input: InvocationInput): InvocationRequest {
  return {
    invocationId: input.invocationId ?? randomUUID(),
    inputData: [{ name: trigger.bindingName, data: input.data }],
    triggerMetadata: input.metadata ?? {},
    traceContext: {
      traceParent: continueTrace(input.traceParent),
      traceState: '',
      attributes: { OperationName: name },
    },
  };
}

/**
 * A span of our own in the caller's trace, or in a new one.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */
function continueTrace(traceParent = ''): string {
  const traceId = /^00-([0-9a-f]{32})-/.exec(traceParent)?.[1] ?? randomBytes(16).toString('hex');
  return `00-${traceId}-${randomBytes(8).toString('hex')}-00`;
}
