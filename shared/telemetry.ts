// Spans of our own, by OpenTelemetry's API. Without an SDK, which azure/monitor.ts starts, they cost nothing and go nowhere.
import { randomBytes } from 'node:crypto';
import {
  context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { toMaloteError } from './errors.ts';

/** Ids, figures and codes alone: never an address, a subject, a body or a secret. */
type Attributes = Record<string, string | number | boolean>;

type Options = {
  attributes?: Attributes;
  /** `traceparent` of what this follows, where that is another process; else it is part of what is running. */
  parent?: string | undefined;
  /** `traceparent`s of what this has to do with besides. */
  links?: (string | undefined)[];
  /** Whether it hands something to others. */
  sends?: boolean;
};

/**
 * Runs `run` in a span. What it throws is the span's failure, told by its code: messages may quote a server.
 * @param options.parent W3C trace context, level 1, version 00; one that is not well-formed begins a trace
 */
export async function traced<T>(
  name: string,
  { attributes = {}, parent, links = [], sends = false }: Options,
  run: (span: Span) => Promise<T>,
): Promise<T> {
  const remote = parent === undefined ? undefined : spanContextOf(parent);
  const within = remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : context.active();
  const kind = sends ? SpanKind.PRODUCER : SpanKind.INTERNAL;
  const options = { kind, attributes, links: links.flatMap(linkTo) };
  return trace.getTracer('malote').startActiveSpan(name, options, within, async span => {
    try {
      return await run(span);
    } catch (error) {
      failed(span, toMaloteError(error).code);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Says that what a span tells of did not go well, though nothing was thrown. */
export function failed(span: Span, code: string): void {
  // Not `error.type`: the exporter of Azure Monitor drops it.
  span.setAttribute('code', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Name of the attribute by which a span says that it tells of nothing new: one in many of those is kept. */
export const routine = 'malote.routine';

/** `traceparent` of the span that is running; undefined where there is none. */
export function traceParent(): string | undefined {
  const running = trace.getActiveSpan()?.spanContext();
  return running && isSpanContextValid(running) ? formatted(running) : undefined;
}

/** The same for work of its own that is asked for: thousands of fetches asked for in one minute are no one trace. */
export function newTraceParent(): string | undefined {
  if (traceParent() === undefined) return undefined;
  const hex = (bytes: number) => randomBytes(bytes).toString('hex');
  return formatted({ traceId: hex(16), spanId: hex(8) });
}

/** https://www.w3.org/TR/trace-context/#traceparent-header; which spans are kept is decided when they have ended. */
function formatted({ traceId, spanId }: Pick<SpanContext, 'traceId' | 'spanId'>): string {
  return `00-${traceId}-${spanId}-01`;
}

function spanContextOf(traceParent: string): SpanContext | undefined {
  const [, traceId = '', spanId = ''] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(traceParent) ?? [];
  const found = { traceId, spanId, traceFlags: 1, isRemote: true };
  return isSpanContextValid(found) ? found : undefined;
}

function linkTo(traceParent: string | undefined): Link[] {
  const found = traceParent === undefined ? undefined : spanContextOf(traceParent);
  return found ? [{ context: found }] : [];
}
