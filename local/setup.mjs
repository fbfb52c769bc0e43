// Makes a fresh clone ready - packages, Dovecot, certificates - and runs a command under the lockfile's Node 24.
// Plain JavaScript without packages: it is started by whatever Node the machine has.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldestNode = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node24 = join(root, 'node_modules/node/bin/node');
const tlsDir = join(root, '.local/tls');
const dovecotPackages = ['dovecot-imapd', 'dovecot-pop3d'];

if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  stop(`This is Node ${process.versions.node}; setting up needs Node ${oldestNode} or newer.`);
}
const [command, ...words] = process.argv.slice(2);
if (command === undefined) stop('Usage: node local/setup.mjs start | test | install | FILE [arguments]');

process.chdir(root);
prepare();
if (command !== 'install') run(argumentsFor(command, words));

/** Says what will be installed before it installs any of it. */
function prepare() {
  const missingPackages = countMissingPackages();
  const withoutDovecot = !['/usr/sbin/dovecot', '/usr/local/sbin/dovecot'].some(existsSync);
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
  if (plan.length > 0) say(['Will be installed first:', ...plan.map(line => `  - ${line}`)].join('\n'));

  if (missingPackages > 0) installPackages();
  if (withoutDovecot && canUseApt) installDovecot();
  if (withoutDovecot && !canUseApt) {
    say(
      `Dovecot is not installed, so nothing can read mail here: apt-get install ${dovecotPackages.join(' ')}`,
    );
  }
  createCertificates();
}

/** Packages of the lockfile that npm's own note of what it installed does not have, or has in another version. */
function countMissingPackages() {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules/.package-lock.json'));
  return Object.entries(wanted).filter(
    // Optional ones are for other systems; '' is this project.
    ([path, { version, optional }]) => path !== '' && !optional && installed[path]?.version !== version,
  ).length;
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

function installPackages() {
  // npm tells the scripts it runs where it is.
  const npm = process.env.npm_execpath;
  const [file, ...first] = npm === undefined ? ['npm'] : [process.execPath, npm];
  // Warnings would be about the machine's own Node, which is not the one that runs anything here.
  const options = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync(file, [...first, ...options], { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) stop(`npm could not be started: ${error.message}`);
  if (status !== 0) stop(`npm ci failed (exit code ${status}): nothing was started.`);
}

function installDovecot() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' });
  apt('update');
  const { status, stderr } = apt('install', '-y', '--no-install-recommends', ...dovecotPackages);
  if (status !== 0) {
    say(`apt could not install Dovecot, so nothing can read mail here:\n${stderr.trim()}`);
    return;
  }
  // The packages start a server for the whole machine, on the mail ports. Ours is another one, started when needed.
  const [stopper, ...args] = existsSync('/run/systemd/system')
    ? ['systemctl', 'disable', '--now', 'dovecot.service', 'dovecot.socket']
    : ['doveadm', 'stop'];
  spawnSync(stopper, args);
}

/** A process reads the authorities it trusts once, when it starts: so they are made before it. */
function createCertificates() {
  const { status } = spawnSync(node24, [join(root, 'local/tls.ts'), tlsDir], { stdio: ['ignore', 2, 2] });
  if (status !== 0) stop('The local certificates could not be made.');
}

function argumentsFor(name, args) {
  if (name === 'start') return [join(root, 'local/main.ts'), ...args];
  if (name !== 'test') return [name, ...args];
  const options = args.filter(arg => arg.startsWith('-'));
  const paths = args.filter(arg => !arg.startsWith('-'));
  const isFolder = path => statSync(path, { throwIfNoEntry: false })?.isDirectory();
  const patterns = paths.map(path => (isFolder(path) ? join(path, '**/*.test.ts') : path));
  // One more than there are processors: a test often waits, for a lease to end or a server to answer.
  const concurrency = `--test-concurrency=${availableParallelism() + 1}`;
  return ['--test', concurrency, ...options, ...(patterns.length > 0 ? patterns : ['test/**/*.test.ts'])];
}

/** Ends as the command ends: with its exit code, or by the signal that ended it. */
function run(args) {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(tlsDir, 'ca.pem') };
  const child = spawn(node24, args, { stdio: 'inherit', env });
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

/** On the error output: what the command prints may be read by another program. */
function say(text) {
  console.error(text);
}

function stop(text) {
  say(text);
  process.exit(1);
}
