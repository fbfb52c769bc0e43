// The routes of the app, as the host will match them: the function whose name comes first answers, however literal another is.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { FunctionsCore } from '../../local/host/core-module.ts';
import { isHttp } from '../../local/host/function-definition.ts';
import { loadFunctions } from '../../local/host/load-app.ts';
import { registeredRoutes } from '../../shared/http/app.ts';
import { operations } from '../../shared/http/openapi/document.ts';

type Route = { name: string; route: string; methods: string[] };

const isParameter = (part: string) => part.startsWith('{');

/** Whether some path fits both. */
function overlap(a: Route, b: Route): boolean {
  const [left, right] = [a.route.split('/'), b.route.split('/')];
  const fits = (part: string, index: number) =>
    isParameter(part) ||
    isParameter(right[index] ?? '') ||
    part.toLowerCase() === right[index]?.toLowerCase();
  return left.length === right.length && left.every(fits) && a.methods.some(one => b.methods.includes(one));
}

/** Whether the first is the one meant where both fit: it says in words what the other leaves open. */
function isMoreLiteral(a: Route, b: Route): boolean {
  const others = b.route.split('/').map(isParameter);
  const own = a.route.split('/').map(isParameter);
  return (
    own.every((open, index) => !open || others[index]) && own.some((open, index) => !open && others[index])
  );
}

/** Pairs of which one swallows what is meant for the other. Which order of names the host has is not told: it must hold in both. */
function collisions(routes: Route[]): string[] {
  const comesFirst = (a: Route, b: Route) => a.name < b.name && a.name.localeCompare(b.name) < 0;
  return routes.flatMap((a, index) =>
    routes.slice(index + 1).flatMap(b => {
      const isRight =
        !overlap(a, b) ||
        (isMoreLiteral(a, b) && comesFirst(a, b)) ||
        (isMoreLiteral(b, a) && comesFirst(b, a));
      return isRight ? [] : [`${a.name} (${a.route}) and ${b.name} (${b.route})`];
    }),
  );
}

const route = (name: string, route: string, ...methods: string[]): Route => ({ name, route, methods });

test('a collision is one of method and path where the wrong name comes first', () => {
  const of = (...routes: Route[]) => collisions(routes).length;
  assert.equal(of(route('a-one', 'r/{id}', 'GET'), route('b-test', 'r/test', 'GET')), 1);
  assert.equal(of(route('b-one', 'r/{id}', 'GET'), route('a-test', 'r/test', 'GET')), 0);
  assert.equal(of(route('a-one', 'r/{id}', 'GET'), route('b-test', 'r/test', 'POST')), 0);
  assert.equal(of(route('a-one', 'r/{id}', 'GET'), route('b-test', 'r/{id}/test', 'GET')), 0);
  assert.equal(of(route('a-one', 'r/{id}/x', 'GET'), route('b-test', 'r/test/{name}', 'GET')), 1);
  assert.equal(of(route('a-one', 'r/{id}', 'GET'), route('b-one', 'r/{key}', 'GET')), 1);
});

process.env.ServiceBus = 'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=n;SharedAccessKey=k;';
const core = new FunctionsCore(() => {});
const root = resolve(import.meta.dirname, '../..');
const functions = (await loadFunctions(core, root, ['functions/*.ts'], true)).filter(isHttp);

test('no route of the app swallows what is meant for another', () => {
  const routes = functions.map(({ name, trigger }) => route(name, trigger.route, ...trigger.methods));
  assert.ok(routes.length > 20);
  assert.deepEqual(collisions(routes), []);
});

test('every route is registered where it is remembered, and is described', () => {
  const names = functions.map(({ name }) => name);
  // Not there: its file takes `app` from the library, and not from shared/http/app.ts.
  assert.deepEqual([...new Set(registeredRoutes().map(({ name }) => name))].toSorted(), names.toSorted());
  // Not there: shared/http/openapi/ says nothing of it.
  assert.deepEqual(Object.keys(operations).toSorted(), names.toSorted());
});
