// Every route asked with every role, against the table of docs/roles.md.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { after, test } from 'node:test';
import { registeredRoutes } from '../../shared/http/app.ts';
import { startApi } from './api.ts';

const files = globSync('functions/*.ts')
  .filter(file => readFileSync(file, 'utf8').includes('app.http('))
  .map(file => basename(file, '.ts'));
const api = await startApi({}, files);
after(() => api.close());

const callers = [null, 'Admin', 'Supervisor', 'Platform'] as const;
const told = new Map(
  [...readFileSync('docs/roles.md', 'utf8').matchAll(/^\| `(\S+ \S+)` *\| (.*) \|$/gm)].map(
    ([, route = '', cells = '']) => [route, cells.split('|').map(cell => cell.trim())],
  ),
);

test('each route lets in whom the table says, and nobody else', async () => {
  assert.ok(told.size > 50);
  const answered = new Map<string, string[]>();
  for (const { method, route } of registeredRoutes()) {
    // About nothing that there is, and without a body: who is let in changes nothing.
    const path = `/${route.replaceAll(/\{\w+\}/g, 'none')}`;
    const cells: string[] = [];
    for (const as of callers) {
      const authorization =
        as === null ? {} : { authorization: `Bearer ${await api.issuer.token({ roles: [as] })}` };
      const { status, body } = await fetch(api.url + path, {
        method,
        headers: authorization,
        redirect: 'manual',
      });
      await body?.cancel();
      cells.push(status === 401 || status === 403 ? String(status) : 'yes');
    }
    answered.set(`${method} /${route}`, cells);
  }
  assert.deepEqual(Object.fromEntries([...answered].toSorted()), Object.fromEntries([...told].toSorted()));
});
