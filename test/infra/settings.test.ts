// Settings are one table, in docs/operations.md: the code, the templates and the sample are held against it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import sample from '../../local.settings.sample.json' with { type: 'json' };
import { readConfig } from '../../shared/config.ts';
import { appSettings, snapshots } from './snapshot.ts';

const places = ['everywhere', 'Azure', 'local', 'platform', 'by hand', 'never'] as const;
type Place = (typeof places)[number];

/** Where each setting belongs, by its name. */
function documented(): Map<string, Place> {
  const rows = readFileSync('docs/operations.md', 'utf8')
    .split('\n')
    .filter(line => /^\| `/.test(line))
    .map(line => line.split('|').slice(1, -1))
    .filter(([, place = '']) => places.includes(place.trim() as Place));
  const named = rows.flatMap(([cell = '', place = '']) =>
    [...cell.matchAll(/`([\w.{}]+)`/g)].map(([, name = '']): [string, Place] => [
      name,
      place.trim() as Place,
    ]),
  );
  assert.equal(new Set(named.map(([name]) => name)).size, named.length, 'a setting is in the table twice');
  return new Map(named);
}

const table = documented();
const inPlaces = (...wanted: Place[]) =>
  [...table].filter(([, place]) => wanted.includes(place)).map(([name]) => name);

/** What the code asks the environment for. */
function readByCode(): string[] {
  const asked = new Set<string>();
  const environment = new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => {
        asked.add(String(name));
        return undefined;
      },
    },
  );
  assert.throws(() => readConfig(environment));
  return [...asked];
}

describe('the table of settings', () => {
  it('has everything that the code reads', () => {
    const read = readByCode();
    assert.ok(read.length > 15);
    assert.deepEqual(
      read.filter(name => !table.has(name)),
      [],
    );
  });

  it('has nothing for everywhere that no code reads', () => {
    const read = readByCode();
    assert.deepEqual(
      inPlaces('everywhere').filter(name => !read.includes(name)),
      [],
    );
  });
});

for (const { name, resources } of snapshots) {
  it(`infra/${name}.bicepparam sets what is for everywhere and for Azure, and nothing else`, () => {
    assert.deepEqual(
      Object.keys(appSettings(resources)).toSorted(),
      inPlaces('everywhere', 'Azure').toSorted(),
    );
  });

  it(`infra/${name}.bicepparam makes settings that the app starts with`, () => {
    const { SECRET_KEY_CURRENT: _reference, ...settings } = appSettings(resources);
    const key = `k1:${Buffer.alloc(32).toString('base64')}`;
    const config = readConfig({ ...settings, SECRET_KEY_CURRENT: key });
    assert.equal(config.sliceMs, 120_000);
    assert.equal(config.mail.allowPlaintext, false);
    assert.ok('fullyQualifiedNamespace' in config.serviceBus && 'endpoint' in config.blob);
    assert.equal(config.cosmos.key, undefined);
  });
}

it('the sample sets nothing that is for Azure alone or of the platform, and is enough to start with', () => {
  const names = Object.keys(sample.Values);
  assert.deepEqual(
    names.filter(name => !inPlaces('everywhere', 'local').includes(name)),
    [],
  );
  assert.ok(readConfig(sample.Values));
});
