// Which spans are told: all of what did something or failed, one in many of what found nothing to do.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { WorthKeeping } from '../../shared/azure/worth-keeping.ts';
import { MaloteError } from '../../shared/errors.ts';
import { routine, traced } from '../../shared/telemetry.ts';

const told = new InMemorySpanExporter();
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new WorthKeeping(new SimpleSpanProcessor(told))] }),
);
beforeEach(() => told.reset());

const names = () => told.getFinishedSpans().map(({ name }) => name);
/** Traces are chosen by their last eight hex digits. */
const parentEnding = (end: string) => `00-${'1'.repeat(24)}${end}-${'2'.repeat(16)}-00`;
const notChosen = parentEnding('00000001');
const chosen = parentEnding('00000064');
const idle = (parent: string, look = async () => {}) =>
  traced('fetch-mailbox', { parent, attributes: { [routine]: true } }, () => traced('look', {}, look));

test('what found nothing to do is told of one trace in a hundred, whole', async () => {
  await idle(notChosen);
  assert.deepEqual(names(), []);
  await idle(chosen);
  assert.deepEqual(names(), ['look', 'fetch-mailbox']);
});

test('what did something is told, whatever its trace', async () => {
  await traced('fetch-mailbox', { parent: notChosen }, () => traced('publish', {}, async () => {}));
  assert.deepEqual(names(), ['publish', 'fetch-mailbox']);
});

test('a failure is told, with all that is around it, and by its code', async () => {
  const failing = idle(notChosen, async () => {
    throw new MaloteError('connection_lost', 'ana@example.com was cut off');
  });
  await assert.rejects(failing);
  assert.deepEqual(names(), ['look', 'fetch-mailbox']);
  for (const span of told.getFinishedSpans()) {
    assert.equal(span.attributes.code, 'connection_lost');
    assert.ok(!JSON.stringify([span.attributes, span.status, span.events]).includes('ana@'));
  }
});

test('a caller whose context is not well-formed begins a trace', async () => {
  await traced('fetch-mailbox', { parent: 'nonsense' }, async () => {});
  assert.equal(told.getFinishedSpans()[0]?.parentSpanContext, undefined);
});
