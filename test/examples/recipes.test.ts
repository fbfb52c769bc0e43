// The recipes of docs/events.md: the one for TypeScript is run, with what it leaves to its reader.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { makeFolder, startStackBus } from './local-stack.ts';
import { startProgram } from './program.ts';

const left = `
const accessToken = async () => 'token';
async function handleOnce(...handled: unknown[]) {
  console.log(JSON.stringify(handled));
}
`;

test('the recipe for TypeScript hands an event over with what it is known by', async t => {
  const page = await readFile('docs/events.md', 'utf8');
  const [, recipe] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
  assert.ok(recipe);
  // Below the project, where its packages are found.
  await mkdir('.local', { recursive: true });
  const folder = await mkdtemp('.local/recipe-');
  const file = join(folder, 'recipe.ts');
  await writeFile(file, recipe + left);
  const broker = await startStackBus();
  const client = new ServiceBusClient(broker.connectionString);
  t.after(async () => {
    await client.close();
    await broker.close();
    await rm(folder, { recursive: true });
  });
  const event = { source: 'urn:malote:mailroom', id: 'sac.1', type: 'test', data: { message: 'Olá' } };
  await client.createSender('mail-events').sendMessages({ body: event, messageId: event.id });
  const program = startProgram(file, [], await makeFolder(), { SERVICE_BUS: broker.connectionString });
  await program.says('\n');
  program.kill();
  assert.deepEqual(JSON.parse(program.said.out), ['urn:malote:mailroom sac.1', 'test', { message: 'Olá' }]);
});
