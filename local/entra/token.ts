// `npm run token -- Admin`: prints an access token of the running stack, and nothing else.
import { readFile } from 'node:fs/promises';
import { readArguments, refuse } from '../arguments.ts';
import usualPorts from '../usual-ports.json' with { type: 'json' };
import { type Clients, type Role, roles } from './clients.ts';
import { requestToken } from './request-token.ts';

const command = 'npm run token';

const help = (url: string) => `Usage: npm run -s token -- ROLE

Prints an access token with the app role ROLE (${roles.join(', ')}), issued by the running stack:

  curl -H "Authorization: Bearer $(npm run -s token -- Admin)" ${url}/api/services`;

/** What the stack leaves for tools while it runs. */
type RunningStack = {
  app: { url: string };
  entra: { tokenEndpoint: string; clients: Clients };
  caFile: string;
};

function readStack(): Promise<RunningStack | undefined> {
  return readFile('.local/stack.json', 'utf8').then(JSON.parse, () => undefined);
}

async function printToken(role: Role): Promise<void> {
  const stack = await readStack();
  if (!stack) throw notRunning();
  const { entra, caFile } = stack;
  const token = await requestToken(
    entra.tokenEndpoint,
    entra.clients[role],
    await readFile(caFile, 'utf8'),
  ).catch(error => {
    throw error.code === 'ECONNREFUSED' ? notRunning() : error;
  });
  console.log(token);
}

function notRunning(): Error {
  return new Error('The local stack is not running: start it with `npm start` in another terminal.');
}

const { values, positionals } = readArguments(command, {
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h', default: false } },
});
const [wanted, ...rest] = positionals;
const role = roles.find(name => name.toLowerCase() === wanted?.toLowerCase());
if (values.help) console.log(help((await readStack())?.app.url ?? `http://127.0.0.1:${usualPorts.app}`));
else if (wanted === undefined) refuse(command, `Say for which role: ${roles.join(', ')}`);
else if (!role) refuse(command, `"${wanted}" is none of the roles ${roles.join(', ')}`);
else if (rest.length > 0) refuse(command, `One role at a time, not also "${rest[0]}"`);
else {
  await printToken(role).catch(error => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
