// The part of the worker's contract (`@azure/functions-core`) that the programming model and this host speak
// with each other.
//
// The real module is built into the Azure Functions Node.js worker and published nowhere as a package; its
// declarations are
// https://github.com/Azure/azure-functions-nodejs-worker/blob/v3.x/types-core/index.d.ts

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';

/** `user`: the function called `context.log`; `system`: the library has something to say. */
export type LogCategory = 'user' | 'system' | 'customMetric';

/** A value as it travels between host and worker: exactly one member is set. */
export type TypedData = { string?: string; json?: string; bytes?: Uint8Array; http?: object };

export type Binding = { type: string; direction: 'in' | 'out'; [property: string]: unknown };

export type FunctionMetadata = {
  name: string;
  /** By binding name; the trigger is the one whose type ends in "Trigger". */
  bindings: Record<string, Binding>;
  retryOptions?: object;
};

export type FunctionCallback = (...inputsAndContext: unknown[]) => unknown;

export type TraceContext = { traceParent: string; traceState: string; attributes: Record<string, string> };

export type InvocationRequest = {
  invocationId: string;
  inputData: { name: string; data: TypedData }[];
  triggerMetadata: Record<string, TypedData>;
  traceContext: TraceContext;
};

export type CoreInvocationContext = {
  invocationId: string;
  request: InvocationRequest;
  metadata: FunctionMetadata;
  /** Undefined between the phases; `context.log` warns when the function has ended and this is not set. */
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log: (level: LogLevel, category: LogCategory, message: string) => void;
};

export type InvocationModel = {
  getArguments: () => Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction: (context: unknown, inputs: unknown[], callback: FunctionCallback) => Promise<unknown>;
  getResponse: (context: unknown, result: unknown) => Promise<unknown>;
};

export type Capabilities = Record<string, string>;

export type ProgrammingModel = {
  name: string;
  version: string;
  getInvocationModel: (context: CoreInvocationContext) => InvocationModel;
  getCapabilities: (worker: Capabilities) => Promise<Capabilities>;
};

export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log';

/** What a hook is given; each kind of hook has members of its own beside `hookData`. */
export type HookContext = { hookData: Record<string, unknown>; [member: string]: unknown };

export type HookCallback = (context: HookContext) => unknown;
