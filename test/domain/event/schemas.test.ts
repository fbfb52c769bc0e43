// The published schemas themselves: complete, described, open for what is added later, and the source of the types.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { EventType } from '../../../schemas/events.d.ts';
import { envelope } from '../../../shared/domain/event/envelope.ts';
import { mailReceived } from '../../../shared/domain/event/mail.ts';
import { mailFacts, now, testEvent } from './facts.ts';
import { assertAccepted, assertDescribed, type Schema, schemas } from './schemas.ts';

const { properties } = schemas.get('cloudevent') as { properties: { type: { enum: EventType[] } } };
const types = properties.type.enum;

describe('the schemas of events', () => {
  it('are there for every type of the closed list, and for nothing else', () => {
    assert.deepEqual([...schemas.keys()].sort(), ['cloudevent', 'common', ...types].sort());
  });

  it('are identified by version and file name', () => {
    for (const [name, { $id }] of schemas)
      assert.equal($id, `https://malote.example/schemas/v1/${name}.schema.json`);
  });

  it('describe every member', () => {
    const undescribed: string[] = [];
    let members = 0;
    for (const [name, schema] of schemas)
      forEachMember(schema, name, (path, member) => {
        members += 1;
        if (!member.description && !member.$ref) undescribed.push(path);
      });
    assert.deepEqual(undescribed, []);
    assert.ok(members > 100, 'the members were walked');
  });

  it('let consumers accept members that are added later', () => {
    const { event } = mailReceived(mailFacts());
    const later = { ...event, data: { ...event.data, mood: 'glad', raw: { ...event.data?.raw, pages: 1 } } };
    assertAccepted(later);
    assert.throws(() => assertDescribed(later), /must NOT have additional properties/);
  });

  it('show an example of every data, which they describe', () => {
    let examples = 0;
    for (const type of types)
      for (const data of (schemas.get(type)?.examples ?? []) as object[]) {
        assertDescribed({ ...envelope(type, { id: 'e1', now }), data });
        examples += 1;
      }
    // mail.held has the data of mail.received.
    assert.equal(examples, types.length - 1);
  });

  it('refuse an event with neither data nor dataref', () => {
    const { data: _, ...empty } = testEvent('t1').event;
    assert.throws(() => assertAccepted(empty), /must have required property 'data'/);
    assertAccepted({ ...empty, dataref: 'https://mail.example.com/api/mails/k/data/1' });
  });

  it('are what events.d.ts was generated from', async () => {
    const generate = join(import.meta.dirname, '../../../schemas/generate.ts');
    await promisify(execFile)(process.execPath, [generate, '--check']);
  });
});

function forEachMember(schema: unknown, path: string, visit: (path: string, member: Schema) => void): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties')
      for (const [name, member] of Object.entries(value)) visit(`${path}.${name}`, member as Schema);
    forEachMember(
      value,
      keyword === 'properties' || keyword === '$defs' ? path : `${path}.${keyword}`,
      visit,
    );
  }
}
