// `npm start`: brings the local stack up, takes the demo's mails in before your eyes, and stays until Ctrl-C.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Fact, startApp } from './app.ts';
import { demoAccount, demoTable, fetchDemo, fillDemoMailbox, firstMailKey, registerDemo } from './demo.ts';
import { findDovecot, startDovecot } from './mail/dovecot.ts';
import { type Ports, readPorts } from './options.ts';
import { isRunning, stackFile } from './running.ts';
import { type Stack, startStack } from './stack.ts';

const dir = resolve('.local');

const ports = readPorts(process.argv.slice(2));
if (ports) {
  await run(ports).catch(error => {
    console.error(`\n${portTaken(error, ports) ?? error.message}`);
    process.exitCode = 1;
  });
  // Child processes and sockets are closed; a client that lingers is nothing to wait for.
  process.exit();
}

async function run(ports: Ports): Promise<void> {
  const stopped = Promise.withResolvers<undefined>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.resolve(undefined));
  await using opened = new AsyncDisposableStack();

  if (await isRunning())
    throw new Error('The local stack is running already, from this folder. Ctrl-C there ends it.');
  console.log('Malote, the mailroom, on this machine\n');
  await mkdir(dir, { recursive: true });
  const stack = await startStack({
    dir,
    ports: { ...ports, serviceBus: ports['service-bus'] },
  });
  opened.defer(stack.close);
  step('Service Bus', `amqp://127.0.0.1:${stack.serviceBus.port}`);
  step('Cosmos DB', stack.cosmos.endpoint);
  step('Blob Storage', `http://127.0.0.1:${stack.blob.port}`);
  step('Entra ID', stack.entra.issuer);
  step('Graph', stack.graph.origin);

  const dovecot = findDovecot()
    ? await startDovecot({ dir: join(dir, 'mail'), tls: stack.authority, ports })
    : undefined;
  if (dovecot) {
    opened.defer(dovecot.close);
    const delivered = await fillDemoMailbox(dovecot, stack.authority.caPem, dir);
    step('Dovecot', `imaps://localhost:${dovecot.ports.imaps}, mailbox "atendimento"`);
    if (delivered > 0) step('Demo mailbox', `${delivered} mails delivered`);
  } else {
    step(
      'Dovecot',
      'not installed, so there is no demo mailbox. Install dovecot-imapd and dovecot-pop3d, then start again.',
    );
  }

  const app = await startApp({
    port: ports.app,
    environment: {
      ...stack.environment,
      MAIL_ALLOW_PRIVATE_HOSTS: 'true',
      MAIL_EXTRA_PORTS: [ports.imap, ports.imaps, ports.pop3, ports.pop3s].join(','),
    },
    logFile: join(dir, 'app.log'),
    stateDir: join(dir, 'host'),
    onFact: fact => tellFact(fact),
  });
  opened.defer(app.close);
  step('The app', `${app.url} (log: .local/app.log)`);
  await writeFile(stackFile, JSON.stringify(describeStack(stack, app.url), null, 2), { mode: 0o600 });
  opened.defer(() => rm(stackFile));

  if (dovecot) await showDemo(stack, app.url, dovecot.ports.imaps);
  console.log('\nCtrl-C ends it; what it holds is kept under .local/ (npm run reset forgets it).');
  const died = await Promise.race([stopped.promise, app.ended]);
  console.log('\nStopping.');
  if (died)
    throw new Error(
      `The app ended by itself (${died}); its last words are in .local/app.log. Nothing is lost: start again.`,
    );
}

async function showDemo(stack: Stack, url: string, imaps: number): Promise<void> {
  const token = await stack.entra.token('Admin');
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
  };
  const { id, isNew } = await registerDemo(call, imaps);
  step('Demo service', `${isNew ? 'registered' : 'found'}: ${id}`);
  await fetchDemo(call, id);
  console.log(`\n${(await demoTable(call, id)).join('\n')}`);
  console.log(whatNext(url, token, id, await firstMailKey(call, id), imaps));
}

function whatNext(
  url: string,
  token: string,
  serviceId: string,
  mailKey: string | undefined,
  imaps: number,
): string {
  return `
The admin API is at ${url}/api. A token of an administrator, good for an hour (npm run -s token -- Admin makes another):

TOKEN=${token}

List what became of the mails:
  curl -H "Authorization: Bearer $TOKEN" "${url}/api/mails?serviceId=${serviceId}"

Read one, as the platform does:
  curl -H "Authorization: Bearer $(npm run -s token -- Platform)" ${url}/api/mails/${mailKey}/body

Send one of your own into the demo mailbox (login ${demoAccount.user}, password ${demoAccount.password}); it is taken in within a minute:
  printf 'From: me@example.com\\r\\nSubject: Hello\\r\\n\\r\\nIt works.\\r\\n' > .local/hello.eml && curl --cacert .local/tls/ca.pem \\
    -u ${demoAccount.user}:${demoAccount.password} -T .local/hello.eml imaps://localhost:${imaps}/INBOX

Register a mailbox of your own (older mail than readFrom is left alone; put its server, login and password):
  curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" ${url}/api/services -d '{
    "name": "My mailbox", "readFrom": "${new Date().toISOString().slice(0, 10)}", "groups": [{ "groupId": "atendimento" }],
    "mailbox": { "protocol": "imap", "host": "imap.example.com", "address": "me@example.com", "tls": "implicit",
      "afterRead": { "action": "move", "folder": "Processed" }, "auth": { "type": "basic", "password": "..." } } }'
  The same body sent to ${url}/api/services/test says step by step whether the mailbox can be read.

See the events in another terminal: npm run events (whole: npm run -s events -- --json). A sample agent desktop: npm run desktop.`;
}

/** Intake as it goes on, from the app's own log. */
function tellFact({
  event,
  serviceId,
  state,
  rawSizeBytes,
  parse,
  mails,
  disposal,
  outcome,
  durationMs,
  code,
}: Fact): void {
  const tell = (what: string) => step('Intake', `${serviceId}  ${what}`);
  if (event === 'mail-recorded') tell(`${state} a mail of ${rawSizeBytes} B, parsed: ${parse}`);
  if (event === 'mails-disposed') tell(`${disposal} ${mails} mails`);
  if (event === 'mailbox-failed') tell(`failed: ${code}; its status says more`);
  if (event === 'mailbox-fetched' && (outcome === 'done' || outcome === 'continued')) {
    tell(`fetched in ${durationMs} ms: ${outcome}`);
  }
}

/** What tools of the same machine need to join in. */
function describeStack({ authority, serviceBus, entra }: Stack, url: string) {
  const { issuer, audience, tokenEndpoint, clients } = entra;
  return {
    caFile: authority.caFile,
    app: { url },
    serviceBus: { connectionString: serviceBus.connectionString },
    entra: { issuer, audience, tokenEndpoint, clients },
  };
}

function step(name: string, what: string): void {
  console.log(`  ${name.padEnd(14)}${what}`);
}

/** A port that is taken is said with the option that chooses another. */
function portTaken(error: Error & { code?: string; port?: number }, ports: Ports): string | undefined {
  const taken = Object.entries(ports).find(
    ([, port]) => error.port === port || error.message.includes(`${port}`),
  );
  if (!taken || !/EADDRINUSE|taken|in use/i.test(`${error.code} ${error.message}`)) return undefined;
  return `Port ${taken[1]} is taken. Choose another: npm start -- --${taken[0]}-port N`;
}
