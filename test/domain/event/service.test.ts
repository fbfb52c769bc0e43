// Events about services: identity, envelope, properties to filter by.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serviceChanged, serviceFailing, serviceRecovered } from '../../../shared/domain/event/service.ts';
import { now, service } from './facts.ts';
import { assertDescribed } from './schemas.ts';

const since = '2026-03-02T11:00:00.000Z';
const failure = { code: 'login_refused', message: 'Refused.', cure: 'Renew the password.', since } as const;
const groupIds = ['g1', 'g2'];

describe('events about a service', () => {
  const changed = serviceChanged({
    service,
    change: 'updated',
    active: false,
    groupIds,
    changedAt: since,
    now,
  });
  const failing = serviceFailing({ service, groupIds, failure, now });
  const recovered = serviceRecovered({ service, groupIds, failure, recoveredAt: now.toISOString(), now });

  it('are as the schemas describe them', () => {
    for (const { event } of [changed, failing, recovered]) assertDescribed(event);
  });

  it('are CloudEvents 1.0 about the service, naming the schema of their data', () => {
    const { data, ...envelope } = failing.event;
    assert.deepEqual(envelope, {
      specversion: '1.0',
      id: 'sac:service.failing:2026-03-02T11:00:00.000Z',
      source: 'urn:malote:mailroom',
      type: 'service.failing',
      subject: 'sac',
      time: '2026-03-02T12:00:00.000Z',
      datacontenttype: 'application/json',
      dataschema: 'https://malote.example/schemas/v1/service.failing.schema.json',
    });
    assert.deepEqual(data, {
      service: { id: 'sac', name: 'SAC', channel: 'email', discardDisabled: true },
      ...failure,
    });
  });

  it('keep their id when they are sent again later', () => {
    const later = new Date(now.getTime() + 60_000);
    assert.equal(serviceFailing({ service, groupIds, failure, now: later }).event.id, failing.event.id);
  });

  it('have ids that differ by what happened and by when', () => {
    const next = { ...failure, since: '2026-03-02T11:30:00.000Z' };
    const events = [changed, failing, recovered, serviceFailing({ service, groupIds, failure: next, now })];
    assert.equal(new Set(events.map(({ event }) => event.id)).size, events.length);
  });

  it('can be filtered by type, service and group', () => {
    assert.deepEqual(changed.properties, {
      type: 'service.changed',
      serviceId: 'sac',
      groupIds: '|g1|g2|',
      automatic: false,
      test: false,
    });
  });
});
