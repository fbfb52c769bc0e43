// What of an app the host takes, and what it refuses because it would not do it as Azure does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Binding, FunctionMetadata } from '../../local/host/core-types.ts';
import { defineFunction, requireExtensions } from '../../local/host/function-definition.ts';

const environment = { BUS: 'Endpoint=sb://here', QUEUE: 'orders', EVERY: '0 0 3' };

const trigger = (type: string, properties: object): Record<string, Binding> => ({
  trigger: { type, direction: 'in', ...properties },
});
const queue = (properties: object = {}) =>
  trigger('serviceBusTrigger', { connection: 'BUS', queueName: '%QUEUE%-in', ...properties });

const define = (metadata: Partial<FunctionMetadata>) =>
  defineFunction({ name: 'f', bindings: {}, ...metadata }, () => undefined, environment);

test('settings stand for themselves in queues, topics, subscriptions and schedules', () => {
  assert.deepEqual(define({ bindings: queue() }).trigger, {
    type: 'serviceBus',
    bindingName: 'trigger',
    connectionString: 'Endpoint=sb://here',
    entity: { queue: 'orders-in' },
  });
  const topic = { connection: 'BUS', topicName: '%QUEUE%', subscriptionName: 'of-%QUEUE%' };
  assert.partialDeepStrictEqual(define({ bindings: trigger('serviceBusTrigger', topic) }).trigger, {
    entity: { topic: 'orders', subscription: 'of-orders' },
  });
  const timer = define({ bindings: trigger('timerTrigger', { schedule: '%EVERY% * * *' }) }).trigger;
  assert.ok(timer.type === 'timer' && timer.schedule.hours.has(3) && timer.schedule.hours.size === 1);
});

test('an HTTP function without a route has its name for one', () => {
  const http = trigger('httpTrigger', { authLevel: 'anonymous', methods: ['get'] });
  assert.partialDeepStrictEqual(define({ name: 'hello', bindings: http }).trigger, {
    route: 'hello',
    methods: ['GET'],
  });
});

const refused: [title: string, metadata: Partial<FunctionMetadata>, reason: RegExp][] = [
  ['a name that Azure refuses', { name: 'a b', bindings: queue() }, /its name is not letters/],
  ['no trigger', {}, /it has no trigger/],
  ['a trigger of another kind', { bindings: trigger('blobTrigger', {}) }, /'blobTrigger' is not supported/],
  [
    'an output binding',
    { bindings: { ...queue(), out: { type: 'serviceBus', direction: 'out' } } },
    /binding 'out'/,
  ],
  ['a retry policy', { bindings: queue(), retryOptions: { maxRetryCount: 1 } }, /retry policies/],
  ['sessions', { bindings: queue({ isSessionsEnabled: true }) }, /sessions/],
  ['batches', { bindings: queue({ cardinality: 'many' }) }, /'many'/],
  [
    'messages completed by hand',
    { bindings: queue({ autoCompleteMessages: false }) },
    /autoCompleteMessages/,
  ],
  ['a connection that is not set', { bindings: queue({ connection: 'OTHER' }) }, /'OTHER' is not set/],
  [
    'a faulty schedule',
    { bindings: trigger('timerTrigger', { schedule: '61 * * * * *' }) },
    /'61' is not a second/,
  ],
];

for (const [title, metadata, reason] of refused) {
  test(`refused, with the name of the function: ${title}`, () => {
    assert.throws(
      () => define(metadata),
      (error: Error) => {
        assert.match(error.message, /^Function '(f|a b)' cannot run on this host$/);
        assert.match(String((error.cause as Error).message), reason);
        return true;
      },
    );
  });
}

test('without the extension bundle only HTTP and timers run, and the refusal is in the words of the real host', () => {
  const check = (name: string, bindings: Record<string, Binding>) =>
    requireExtensions({ name, bindings }, false);
  check('page', { ...trigger('httpTrigger', {}), $return: { type: 'http', direction: 'out' } });
  check('tick', trigger('timerTrigger', {}));
  assert.throws(() => check('fetch-mailbox', queue()), {
    message:
      "The 'fetch-mailbox' function is in error: The binding type(s) 'serviceBusTrigger' are not registered. " +
      'Please ensure the type is correct and the binding extension is installed.',
  });
  assert.throws(() => check('resize', trigger('blobTrigger', {})), /'blobTrigger' are not registered/);
  requireExtensions({ name: 'fetch-mailbox', bindings: queue() }, true);
});
