// `npm start`: brings the local stack up, takes the demo's mails in before your eyes, and stays until Ctrl-C.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createRemoteJWKSet } from 'jose';
import { type Fact, startApp } from './app.ts';
import {
  type Call,
  demoTable,
  fetchDemo,
  fillDemoMailbox,
  firstMailKey,
  type Registered,
  registerDemo,
} from './demo.ts';
import { whatNext } from './demo-hints.ts';
import { fillMicrosoftMailboxes, showMicrosoft } from './demo-microsoft.ts';
import { closeDemoAttendance } from './demo-survey.ts';
import { findDovecot, type OAuth, startDovecot } from './mail/dovecot.ts';
import { mailPorts, type Ports, readPorts, whatIsTaken } from './options.ts';
import { isRunning, stackFile } from './running.ts';
import { type Stack, startStack } from './stack.ts';
import { Summary } from './summary.ts';

const dir = resolve('.local');
/** What listens where there is no mail server. */
const withoutMail = ['app', 'service-bus', 'cosmos', 'blob', 'entra', 'graph'] as const;

await run(readPorts(process.argv.slice(2))).catch(error => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
// Child processes and sockets are closed; a client that lingers is nothing to wait for.
process.exit();

async function run(ports: Ports): Promise<void> {
  const stopped = Promise.withResolvers<undefined>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.resolve(undefined));
  await using opened = new AsyncDisposableStack();

  if (await isRunning())
    throw new Error('The local stack is running already, from this folder. Ctrl-C there ends it.');
  const withMail = findDovecot() !== undefined;
  const taken = await whatIsTaken(ports, withMail ? undefined : withoutMail);
  if (taken) throw new Error(taken);
  console.log('Malote, the mailroom, on this machine\n');
  await mkdir(dir, { recursive: true });
  const stack = await startStack({
    dir,
    ports: { ...ports, serviceBus: ports['service-bus'] },
  });
  opened.defer(stack.close);
  step('Service Bus', stack.serviceBus.connectionString);
  step('Cosmos DB', stack.cosmos.endpoint);
  step('Blob Storage', `http://127.0.0.1:${stack.blob.port}`);
  step('Entra ID', stack.entra.issuer);
  step('Graph', stack.graph.origin);

  const dovecot = withMail
    ? await startDovecot({ dir: join(dir, 'mail'), tls: stack.authority, ports, oauth: tokensOf(stack) })
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

  await fillMicrosoftMailboxes(stack);
  const summary = new Summary();
  const app = await startApp({
    port: ports.app,
    environment: {
      ...stack.environment,
      MAIL_ALLOW_PRIVATE_HOSTS: 'true',
      MAIL_EXTRA_PORTS: mailPorts(ports, process.env.MAIL_EXTRA_PORTS),
    },
    logFile: join(dir, 'app.log'),
    stateDir: join(dir, 'host'),
    onFact: fact => {
      tellFact(fact);
      summary.note(fact);
    },
  });
  opened.defer(app.close);
  step('The app', `${app.url} (log: .local/app.log)`);
  await writeFile(stackFile, JSON.stringify(describeStack(stack, app.url), null, 2), { mode: 0o600 });
  opened.defer(() => rm(stackFile));

  await showDemo(stack, app.url, dovecot?.ports.imaps);
  console.log(
    '\nCtrl-C ends it; what it holds is kept under .local/ (npm run reset forgets it), but for the mails of Graph: three new ones\n' +
      'are in each of its mailboxes at every start. After a crash, what was in flight goes on within two minutes or so.',
  );
  const minutes = setInterval(() => step('A minute', summary.take()), 60_000);
  opened.defer(() => clearInterval(minutes));
  const died = await Promise.race([stopped.promise, app.ended]);
  console.log('\nStopping.');
  if (died)
    throw new Error(
      `The app ended by itself (${died}); its last words are in .local/app.log. Nothing is lost: start again.`,
    );
}

async function showDemo(stack: Stack, url: string, imaps: number | undefined): Promise<void> {
  const token = await stack.entra.token('Admin');
  const call: Call = async (method, path, body, headers) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
  };
  const tell = (name: string, { id, isNew }: Registered) =>
    step(name, `${isNew ? 'registered' : 'found'}: ${id}`);
  const { app, filtered, consent } = await showMicrosoft(call, stack);
  tell('Over Graph', app);
  tell('With a filter', filtered);
  tell('With consent', consent);
  const shown = imaps === undefined ? app : await registerDemo(call, imaps);
  if (imaps !== undefined) tell('Over IMAP', shown);
  await fetchDemo(call, shown.id);
  console.log(`\n${(await demoTable(call, shown.id)).join('\n')}`);
  const mailKey = await firstMailKey(call, shown.id);
  const heldKey = await firstMailKey(call, filtered.id, 'held');
  const surveyLink = await closeDemoAttendance(call, url, shown.id);
  const ids = { serviceId: shown.id, consentId: consent.id, mailKey, heldKey, surveyLink };
  console.log(whatNext({ url, token, ...ids, imaps }));
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

/** The mail server takes tokens too, of the local issuer. */
function tokensOf({ entra: { issuer, jwksUri, isRevoked } }: Stack): OAuth {
  return { issuer, keys: createRemoteJWKSet(new URL(jwksUri)), isRevoked };
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
