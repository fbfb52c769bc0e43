// What the pages of docs/ say of codes and fields is said of all of them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { errorTraits } from '../shared/errors.ts';
import { operations } from '../shared/http/openapi/document.ts';
import { toJsonSchema } from '../shared/http/openapi/json-schema.ts';

/** The rows of a page's tables by their cells, without the marks of code. */
function rowsOf(file: string): string[][] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines
    .filter(line => line.startsWith('| '))
    .map(line =>
      line
        .split('|')
        .map(cell => cell.replaceAll('`', '').trim())
        .slice(1, -1),
    );
}

type Schema = { title?: string; properties?: Record<string, Schema>; oneOf?: Schema[] };

/** Every member that has a title, by its path. */
function titled(schema: Schema, path = ''): [path: string, title: string][] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const inside = titled(member, at);
    return member.title !== undefined && !member.properties && !member.oneOf
      ? [[at, member.title] as [string, string], ...inside]
      : inside;
  });
  return [...own, ...(schema.oneOf ?? []).flatMap(way => titled(way, path))];
}

describe('docs/pt-BR/guia.md', () => {
  const rows = rowsOf('docs/pt-BR/guia.md');

  it('has every error code, with its status and what to do', () => {
    const codes = rows.filter(([, status = '']) => /^\d{3}$/.test(status));
    const expected = Object.entries(errorTraits).map(([code, { status }]) => [code, `${status}`]);
    assert.deepEqual(codes.map(row => row.slice(0, 2)).toSorted(), expected.toSorted());
    for (const [code, , cure = ''] of codes) assert.ok(cure.length > 10, code);
  });

  it('has every field of a service and of the settings, under its title', () => {
    for (const id of ['services-create', 'settings-change']) {
      const { body } = operations[id] ?? {};
      assert.ok(body);
      const [schema] = Object.values(toJsonSchema(body).named);
      const fields = titled(schema as Schema);
      assert.ok(fields.length > 3);
      for (const [path, title] of fields) {
        const row = rows.find(([, field]) => field === path);
        assert.ok(row?.[0]?.startsWith(title), `${path}: ${title}`);
      }
    }
  });
});
