// The npm scripts: what each does, its help, and that a fresh clone is made ready - packages, Dovecot, Chromium, certificates - or
// told how. Runs them under the lockfile's Node 24.
// Plain JavaScript without packages: it is started by whatever Node the machine has.
import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldestNode = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node24 = join(root, 'node_modules/node/bin/node');
const tlsDir = join(root, '.local/tls');
const dovecotPackages = ['dovecot-imapd', 'dovecot-pop3d'];
const chromiumPackages = ['chromium'];
/** What the tests send by. */
const eximPackages = ['exim4-daemon-light'];
/** How often a long installation says how far it is. */
const progressMs = 10_000;

/**
 * The npm scripts. `does` follows the name in a sentence. `installs`: makes everything ready first; the others say what
 * to do. `tests`: needs what tests need, too: a browser, and a server to send by. `help`: shown by us, for there is more to say before anything is installed, or nobody else to say it.
 */
const commands = {
  start: {
    does: 'runs Malote on this machine',
    installs: true,
    help: startHelp,
    args: words => [join(root, 'local/main.ts'), ...words],
  },
  test: {
    does: 'runs the tests, all or those of the files and folders named',
    installs: true,
    tests: true,
    help: () =>
      `npm test -- [PATH]... [OPTION]...

Runs the tests of these files and folders, or all; at the end it names the files that took longest. An OPTION is one of
node --test, for example --test-name-pattern=WORDS or --test-reporter=tap.`,
    args: testArguments,
  },
  bench: {
    does: 'takes mails in and prints figures',
    installs: true,
    help: () =>
      "npm run bench -- [MAILS] [--latency] [--protocol imap|pop3|graph] [--app DIR]\n\nTakes mails in, 5,000 over IMAP unless told, and prints the figures of that one run. With --latency answers take as long as Azure's; --app measures the app of another checkout.",
    args: words => ['bench/intake.ts', ...words],
  },
  package: {
    does: 'makes the folder and the zip that are deployed, and starts them to see',
    help: () =>
      'npm run package -- [--out DIR]\n\nMakes DIR/malote/ and DIR/malote.zip, which are deployed, and starts them to see that they answer. DIR is out/ unless told.',
    args: words => ['tools/package.ts', ...words],
  },
  infra: {
    does: 'checks the Bicep templates against their snapshots',
    help: () =>
      `npm run infra -- [--write] [--require]

Compiles the templates of infra/, and holds what they would make against infra/*.snapshot.json. Fetches the compiler first (NuGet,
115 MB, once), for which dotnet is needed; without it nothing is checked, which --require makes a failure. --write writes the
snapshots anew.`,
    args: words => ['tools/infra.ts', ...words],
  },
  key: {
    does: 'makes a key for secrets in Key Vault, if it is not there',
    help: () =>
      `npm run key -- --vault VAULT --name secret-key-ID [--app APP --group GROUP]

Makes a random key under that name in Key Vault, with az, and shows it to nobody; one that is there stays. Then the app starts anew.`,
    args: words => ['tools/key.ts', ...words],
  },
  entra: {
    does: 'registers in Entra ID what Malote needs',
    help: () =>
      `npm run entra -- api [--name NAME] [--admin me|OBJECT-ID] [--apply]
npm run entra -- mailboxes [--name NAME] [--imap] [--pop3] [--identity PRINCIPAL-ID] [--apply]

Says what it would do with az, and does it with --apply. api: the API with its roles. mailboxes: the app that reads mailboxes;
--identity names the managed identity that proves it in place of a secret.`,
    args: words => ['tools/entra.ts', ...words],
  },
  'dead-letters': {
    does: 'lists dead letters, and sends them again or throws them away',
    help: () =>
      `npm run dead-letters -- list [PLACE] [--id MESSAGE-ID]... [--reason REASON]
npm run dead-letters -- resend|drop PLACE (--id MESSAGE-ID... | --reason REASON | --all) [--apply]

PLACE is a queue, or topic/subscription: fetch-mailbox, send-invitations, replay-mails, mail-events/platform. Of the bus that
--namespace NAME.servicebus.windows.net names, as whoever is signed in with az (Azure Service Bus Data Receiver, to resend also
Sender); without it, of the local stack. Bodies are not shown. resend and drop say what they would do, and do it with --apply.
An event that is sent again comes to every subscription of the topic, with the same id in it.`,
    args: words => ['tools/dead-letters.ts', ...words],
  },
  token: {
    does: 'prints an access token of the running stack',
    args: words => ['local/entra/token.ts', ...words],
  },
  events: { does: 'follows the events of the running stack', args: words => ['local/events.ts', ...words] },
  desktop: { does: 'runs a sample agent desktop', args: words => ['examples/desktop/main.ts', ...words] },
  parse: { does: 'prints what would be published of a mail', args: words => ['tools/parse.ts', ...words] },
  reset: { does: 'forgets what the local stack keeps', args: words => ['local/reset.ts', ...words] },
  ...programs({
    check: [
      'checks types, lint, layers, generated files, the OpenAPI document and unused code',
      'tsc && biome ci . && node schemas/generate.ts --check && node tools/rooms.ts --check && node tools/roles.ts --check && node tools/openapi.ts && knip',
    ],
    fix: ['formats, and mends what the linter can', 'biome check --write .'],
    rooms: ['writes the list of rooms in docs/architecture.md', 'node tools/rooms.ts --write'],
    pictures: ['draws the pages of docs/pictures with Chromium', 'node tools/pictures.ts'],
    roles: ['writes the table of routes and roles in docs/roles.md', 'node tools/roles.ts --write'],
    build: ['bundles what is deployed into dist/', 'node build.ts'],
  }),
};

/** Scripts that take no words of their own: what they do, and the line that does it. */
function programs(lines) {
  return Object.fromEntries(
    Object.entries(lines).map(([name, [does, line]]) => [
      name,
      { does, line, help: () => `npm run ${name} ${does}: ${line}` },
    ]),
  );
}

if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  stop(`This is Node ${process.versions.node}; setting up needs Node ${oldestNode} or newer.`);
}
process.chdir(root);
const [name, ...words] = process.argv.slice(2);
if (name === undefined) {
  stop(`Usage: node local/setup.mjs install | ${Object.keys(commands).join(' | ')} | FILE [arguments]`);
}
if (Object.hasOwn(commands, name)) await runCommand(name, commands[name], words);
else {
  await prepare({ tests: name === 'install' });
  if (name !== 'install') run(node24, [name, ...words]);
}

async function runCommand(name, { does, installs, tests, help, args, line }, words) {
  const typed = name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`;
  if (help && words.some(word => word === '--help' || word === '-h')) {
    console.log(help());
    return;
  }
  if (installs) await prepare({ tests });
  else if (countMissingPackages() > 0) {
    stop(
      `${typed} ${does}; its packages are not installed yet: npm test or npm start installs them first (840 MB).`,
    );
  }
  if (line === undefined) run(node24, args(words));
  else if (words.length > 0) stop(`${typed} takes no arguments, so not "${words[0]}".`);
  else run(line, [], { shell: true });
}

/** The ports are in a file of their own: they are asked for before anything can be installed. */
function startHelp() {
  const ports = JSON.parse(readFileSync(join(root, 'local/usual-ports.json'), 'utf8'));
  return `npm start -- [--PLACE-port N]...

Runs Malote on this machine: Azure's stand-ins, a mail server with a demo mailbox, and the app.

${Object.entries(ports)
  .map(([place, port]) => `${`  --${place}-port N`.padEnd(26)}usually ${port}`)
  .join('\n')}

Data is kept under .local/ until: npm run reset
MAIL_EXTRA_PORTS in the environment names ports of mail servers of your own, e.g. MAIL_EXTRA_PORTS=2993,2995 npm start`;
}

/** Says what will be installed before it installs any of it. */
async function prepare({ tests = false } = {}) {
  const missingPackages = countMissingPackages();
  const withoutDovecot = !['/usr/sbin/dovecot', '/usr/local/sbin/dovecot'].some(existsSync);
  const withoutChromium = tests && !existsSync('/usr/bin/chromium');
  const withoutExim = tests && !['/usr/sbin/exim4', '/usr/local/sbin/exim'].some(existsSync);
  const canUseApt = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

  const plan = [];
  if (missingPackages > 0) {
    plan.push(
      `${missingPackages} packages of package-lock.json, with npm, into node_modules (all: about 840 MB)`,
    );
  }
  if (withoutDovecot && canUseApt) {
    plan.push(
      `the mail server Dovecot (${dovecotPackages.join(', ')}), with apt (8 MB to fetch, 17 MB on disk)`,
    );
  }
  if (withoutChromium && canUseApt) {
    plan.push('the browser Chromium for tests of pages, with apt (118 MB to fetch, 395 MB on disk)');
  }
  if (withoutExim && canUseApt) {
    plan.push(
      `the mail server Exim (${eximPackages.join(', ')}), with apt, for the tests (2 MB to fetch, 4 MB on disk)`,
    );
  }
  if (plan.length > 0) say(['Will be installed first:', ...plan.map(line => `  - ${line}`)].join('\n'));

  if (missingPackages > 0) await installPackages();
  if (withoutDovecot && canUseApt) {
    say('Installing Dovecot ...');
    installDovecot();
  }
  if (withoutChromium && canUseApt) {
    say('Installing Chromium ...');
    installWithApt('Chromium, so no page is looked at', chromiumPackages);
  }
  if (withoutDovecot && !canUseApt) {
    say(
      `Dovecot is not installed, so nothing can read mail here: apt-get install ${dovecotPackages.join(' ')}`,
    );
  }
  if (withoutChromium && !canUseApt) {
    say(`Chromium is not installed, so no page is looked at: apt-get install ${chromiumPackages.join(' ')}`);
  }
  if (withoutExim && canUseApt) {
    say('Installing Exim ...');
    installExim();
  }
  if (withoutExim && !canUseApt) {
    say(`Exim is not installed, so tests that send are skipped: apt-get install ${eximPackages.join(' ')}`);
  }
  createCertificates();
}

/** How many packages of the lockfile there are, for other systems than this one not counted. */
function wantedPackages() {
  // '' is this project.
  return Object.entries(readPackages(join(root, 'package-lock.json'))).filter(
    ([path, { optional }]) => path !== '' && !optional,
  );
}

/** Packages of the lockfile that npm's own note of what it installed does not have, or has in another version. */
function countMissingPackages() {
  const installed = readPackages(join(root, 'node_modules/.package-lock.json'));
  return wantedPackages().filter(([path, { version }]) => installed[path]?.version !== version).length;
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

async function installPackages() {
  // npm tells the scripts it runs where it is.
  const npm = process.env.npm_execpath;
  const [file, ...first] = npm === undefined ? ['npm'] : [process.execPath, npm];
  // Warnings would be about the machine's own Node, which is not the one that runs anything here.
  const options = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const startedAt = Date.now();
  const tell = () => {
    const wanted = wantedPackages();
    const there = wanted.filter(([path]) => existsSync(join(root, path, 'package.json'))).length;
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    say(`  ${there} of ${wanted.length} packages are there, after ${seconds} s`);
  };
  tell();
  const telling = setInterval(tell, progressMs);
  const child = spawn(file, [...first, ...options], { cwd: root, stdio: ['ignore', 2, 2] });
  const status = await new Promise(resolve => {
    child.on('error', error => stop(`npm could not be started: ${error.message}`));
    child.on('exit', (code, signal) => resolve(code ?? signal));
  });
  clearInterval(telling);
  if (status !== 0) stop(`npm ci failed (exit code ${status}): nothing was started.`);
  tell();
}

function installExim() {
  if (!installWithApt('Exim, so tests that send are skipped', eximPackages)) return;
  // The package starts one for the whole machine; the tests' are others.
  if (existsSync('/run/systemd/system')) spawnSync('systemctl', ['disable', '--now', 'exim4.service']);
}

function installDovecot() {
  if (!installWithApt('Dovecot, so nothing can read mail here', dovecotPackages)) return;
  // The packages start a server for the whole machine, on the mail ports. Ours is another one, started when needed.
  const [stopper, ...args] = existsSync('/run/systemd/system')
    ? ['systemctl', 'disable', '--now', 'dovecot.service', 'dovecot.socket']
    : ['doveadm', 'stop'];
  spawnSync(stopper, args);
}

/** Whether it is there; `what` it is, and what is missing without it. */
function installWithApt(what, packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' });
  apt('update');
  const { status, stderr } = apt('install', '-y', '--no-install-recommends', ...packages);
  if (status !== 0) say(`apt could not install ${what}:\n${stderr.trim()}`);
  return status === 0;
}

/** A process reads the authorities it trusts once, when it starts: so they are made before it. */
function createCertificates() {
  if (daysOfCertificate() > 30) return;
  const { status } = spawnSync(node24, [join(root, 'local/tls.ts'), tlsDir], { stdio: ['ignore', 2, 2] });
  if (status !== 0) stop('The local certificates could not be made.');
}

/** How long it will still be valid; NaN without one. */
function daysOfCertificate() {
  try {
    const { validTo } = new X509Certificate(readFileSync(join(tlsDir, 'localhost.pem')));
    return (Date.parse(validTo) - Date.now()) / 86_400_000;
  } catch {
    return Number.NaN;
  }
}

function testArguments(words) {
  const options = words.filter(word => word.startsWith('-'));
  const paths = words.filter(word => !word.startsWith('-'));
  const isFolder = path => statSync(path, { throwIfNoEntry: false })?.isDirectory();
  const patterns = paths.map(path => (isFolder(path) ? join(path, '**/*.test.ts') : path));
  // One more than there are processors: a test often waits, for a lease to end or a server to answer.
  const concurrency = `--test-concurrency=${availableParallelism() + 1}`;
  const reporters = options.some(option => option.startsWith('--test-reporter'))
    ? []
    : ['spec', './test/support/slowest-files.ts'].flatMap(reporter => [
        `--test-reporter=${reporter}`,
        '--test-reporter-destination=stdout',
      ]);
  const named = ['--test', concurrency, ...reporters, ...options];
  if (patterns.length > 0) return [...named, ...patterns];
  const { status, stdout } = spawnSync(node24, ['test/support/in-one-process.ts'], {
    stdio: ['ignore', 'pipe', 2],
    encoding: 'utf8',
  });
  if (status !== 0) stop('The tests could not be distributed over processes.');
  return [...named, '--test-global-setup=./test/support/whole-run.ts', ...stdout.trim().split('\n')];
}

/** Ends as the command ends: with its exit code, or by the signal that ended it. */
function run(file, args, options = {}) {
  const child = spawn(file, args, { stdio: 'inherit', env: environment(), ...options });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the command as well: passing it on would make it two.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => {
    for (const name of signals) process.removeAllListeners(name);
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code;
  });
}

function environment() {
  const env = {
    // What is read and compiled once is not again: it halves the time that a process takes to start.
    NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled'),
    ...process.env,
    PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
  };
  const ca = join(tlsDir, 'ca.pem');
  if (existsSync(ca)) env.NODE_EXTRA_CA_CERTS = ca;
  return env;
}

/** On the error output: what the command prints may be read by another program. */
function say(text) {
  console.error(text);
}

function stop(text) {
  say(text);
  process.exit(1);
}
