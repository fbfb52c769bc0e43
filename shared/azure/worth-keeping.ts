// Which spans are told: what went wrong or did something always, what is routine one time in many, decided when it has ended.
import { type Context, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { routine } from '../telemetry.ts';

/** Of what is routine one in so many is told, by its trace: ten thousand idle mailboxes a minute tell nothing. */
const ONE_IN = 100;
/** A fetch of a long batch has more; these go at once, and with them the others. */
const MOST_KEPT_BACK = 2_000;

/** What one invocation did: its spans, kept back until it has ended. */
type Work = { spans: ReadableSpan[]; isTold: boolean; isOver: boolean };

/** Hands the spans of an invocation on when it has ended, if they are worth it. */
export class WorthKeeping implements SpanProcessor {
  readonly #next: SpanProcessor;
  /** By the ids of spans that have not ended. */
  readonly #open = new Map<string, Work>();

  constructor(next: SpanProcessor) {
    this.#next = next;
  }

  onStart(span: Span, within: Context): void {
    const parent = trace.getSpanContext(within);
    const isPart = parent !== undefined && !parent.isRemote;
    const work = (isPart && this.#open.get(parent.spanId)) || {
      spans: [],
      isTold: !!isPart,
      isOver: !!isPart,
    };
    this.#open.set(span.spanContext().spanId, work);
    this.#next.onStart(span, within);
  }

  onEnd(span: ReadableSpan): void {
    const { spanId, traceId } = span.spanContext();
    const work = this.#open.get(spanId);
    this.#open.delete(spanId);
    if (!work) return;
    const { parentSpanContext: parent } = span;
    const isWhole = parent === undefined || parent.isRemote === true;
    // What went on after its invocation had ended shares what was decided then.
    if (work.isOver && !work.isTold) return;
    work.spans.push(span);
    work.isTold ||= span.status.code === SpanStatusCode.ERROR || work.spans.length >= MOST_KEPT_BACK;
    if (isWhole) {
      work.isOver = true;
      work.isTold ||= span.attributes[routine] !== true || isChosen(traceId);
    }
    if (!work.isTold) return;
    for (const told of work.spans.splice(0)) this.#next.onEnd(told);
  }

  forceFlush(): Promise<void> {
    return this.#next.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#next.shutdown();
  }
}

/** The last seven bytes of a trace's id are random (W3C trace context level 2), so all who see it choose alike. */
function isChosen(traceId: string): boolean {
  return Number.parseInt(traceId.slice(-8), 16) % ONE_IN === 0;
}
