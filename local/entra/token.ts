// `npm run token -- Admin`: prints an access token of the running stack, and nothing else.
import { readFile } from 'node:fs/promises';
import { type Clients, type Role, roles } from './clients.ts';
import { requestToken } from './request-token.ts';

const help = `Usage: npm run -s token -- ROLE

Prints an access token with the app role ROLE (${roles.join(', ')}), issued by the running stack:

  curl -H "Authorization: Bearer $(npm run -s token -- Admin)" http://127.0.0.1:7071/api/services`;

/** What the stack leaves for tools while it runs. */
type RunningStack = { entra: { tokenEndpoint: string; clients: Clients }; caFile: string };

async function printToken(role: Role): Promise<void> {
  const stack = await readFile('.local/stack.json', 'utf8').then(JSON.parse, () => undefined);
  if (!stack) throw notRunning();
  const { entra, caFile }: RunningStack = stack;
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

const [wanted = '', ...rest] = process.argv.slice(2);
const role = roles.find(name => name.toLowerCase() === wanted.toLowerCase());
if (['-h', '--help'].includes(wanted)) {
  console.log(help);
} else if (!role || rest.length > 0) {
  const wrong = role ? `One role at a time, not also "${rest[0]}".` : `"${wanted}" is no role.`;
  console.error(wanted === '' ? help : `${wrong}\n\n${help}`);
  process.exitCode = 2;
} else {
  await printToken(role).catch(error => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
