// Which route template fits which path.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpFunction } from '../../local/host/function-definition.ts';
import { createRouteTable } from '../../local/host/route-table.ts';

function httpFunction(route: string, methods = ['GET']): HttpFunction {
  return {
    name: route,
    metadata: { name: route, bindings: {} },
    callback: () => undefined,
    trigger: { type: 'http', bindingName: 'request', route, methods, authLevel: 'anonymous' },
  };
}

/** The route that answers among these, and what it read from the path. */
function find(routes: string[], path: string, prefix = ''): [string, Record<string, string>] | undefined {
  const found = createRouteTable(
    routes.map(route => httpFunction(route)),
    prefix,
  )('GET', path);
  return found && [found.definition.name, found.parameters];
}

test('the first by the name of its function wins, wherever it was registered and however literal another is', () => {
  const named = (names: [name: string, route: string][]) =>
    createRouteTable(
      names.map(([name, route]) => ({ ...httpFunction(route), name })),
      '',
    )('GET', '/a/b')?.definition.name;
  assert.equal(
    named([
      ['z', 'a/b'],
      ['y', 'a/{x}'],
    ]),
    'y',
  );
  assert.equal(
    named([
      ['y', 'a/{x}'],
      ['b', '{*all}'],
      ['c', 'a/b'],
    ]),
    'b',
  );
  assert.equal(
    named([
      ['y', 'a/{x:int}'],
      ['z', 'a/b'],
    ]),
    'z',
  );
});

test('the prefix of host.json stands before every route', () => {
  assert.deepEqual(find(['things/{id}'], '/api/things/1', 'api'), ['things/{id}', { id: '1' }]);
  assert.equal(find(['things/{id}'], '/things/1', 'api'), undefined);
});

test('one path may belong to several functions, told apart by method', () => {
  const findRoute = createRouteTable([httpFunction('a', ['GET']), httpFunction('a', ['PUT', 'DELETE'])], '');
  assert.deepEqual(findRoute('DELETE', '/a')?.definition.trigger.methods, ['PUT', 'DELETE']);
  assert.equal(findRoute('POST', '/a'), undefined);
});

test('a catch-all may catch nothing', () => {
  assert.deepEqual(find(['files/{*path}'], '/files'), ['files/{*path}', {}]);
  assert.deepEqual(find(['files/{**path}'], '/files/a/b'), ['files/{**path}', { path: 'a/b' }]);
});

test('a constraint is asked of the decoded text', () => {
  assert.deepEqual(find(['{number:int}'], '/%35')?.[1], { number: '5' });
  assert.equal(find(['{number:int}'], '/%61'), undefined);
});

test('an escape that is not UTF-8 stays as it is', () => {
  assert.deepEqual(find(['{x}'], '/%ff%zz')?.[1], { x: '%ff%zz' });
});

test('what this host cannot match is refused with the name of the function', () => {
  const refusal = (route: string) => {
    try {
      createRouteTable([httpFunction(route)], '');
    } catch (error) {
      return `${(error as Error).message}: ${((error as Error).cause as Error).message}`;
    }
    return 'accepted';
  };
  assert.match(refusal('{a:regex(x)}'), /^Function '\{a:regex.*is not supported$/);
  assert.match(refusal('{a:datetime}'), /constraint 'datetime' is not one of int/);
  assert.match(refusal('{a}-{b}'), /segment '\{a\}-\{b\}' is not supported/);
  assert.match(refusal('admin/things'), /conflicts with the built-in routes/);
});
