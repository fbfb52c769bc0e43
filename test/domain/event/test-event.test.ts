// Test events: of every type one that its schema describes, and that consumers can tell from a real one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventTypes, testEvent } from '../../../shared/domain/event/test.ts';
import { assertDescribed, schemas } from './schemas.ts';

const asked = { id: 'test:1', requestedBy: 'admin@example.com', now: new Date('2026-03-02T12:00:00Z') };

test('there is one of every type, as its schema describes it, marked as a test', () => {
  const { properties } = schemas.get('cloudevent') as { properties: { type: { enum: string[] } } };
  assert.deepEqual([...eventTypes].sort(), [...properties.type.enum].sort());
  for (const type of eventTypes) {
    const { event, properties } = testEvent(type, asked);
    assertDescribed(event);
    assert.ok(event.data && Object.keys(event.data).length > 0, type);
    assert.deepEqual([event.id, event.type, properties.type, properties.test], ['test:1', type, type, true]);
  }
});

test('it is filtered as a real one would be', () => {
  const { event, properties } = testEvent('mail.received', asked);
  assert.equal(properties.serviceId, 'sac');
  assert.match(properties.groupIds, /^\|vendas\|/);
  assert.equal(event.subject, event.data?.mailKey);
  const { data } = testEvent('test', asked).event;
  assert.equal(data?.requestedBy, 'admin@example.com');
});
