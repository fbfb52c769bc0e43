// Which test files run one after another in one process, in a run of all: modules are read and
// compiled, and servers started, once for all of them, which takes more of the processor than their tests do.
// A file of these has no host of functions in its process and leaves nothing changed there that others do not set again. One with
// `before`, `beforeEach` or `afterEach` outside of a suite has a process of its own: there they would be those of all tests.
// Usage: node test/support/in-one-process.ts; prints what to run.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What the files of one process are about. */
const processes: Record<string, string[]> = {
  domain: ['test/{domain,pages}/**/*.test.ts', 'test/{errors,garbage,secrets}.test.ts'],
  // Not what measures the time of its thread.
  mime: ['test/mime/!(linear).test.ts'],
  cosmos: ['test/local/cosmos*.test.ts'],
  'graph-and-entra': ['test/local/{entra,graph}*.test.ts', 'test/mailboxes/{entra,graph}/*.test.ts'],
  'servers-of-mail': ['test/mailboxes/{imap,pop3,probe,smtp}/*.test.ts', 'test/mailboxes/*.test.ts'],
  'service-bus': ['test/local/service-bus*.test.ts'],
  infra: ['test/infra/*.test.ts'],
};

/** Where the files are that load those of one process. */
export const processesDir = '.local/test-processes';

/** One that cannot be loaded keeps no other from running. */
const head = `import { test } from 'node:test';
const load = (name, file) => import(file).catch(error => test(name, () => Promise.reject(error)));
`;

function canShare(file: string): boolean {
  return !/^(before|beforeEach|afterEach)\(/m.test(readFileSync(file, 'utf8'));
}

/** Writes a file for each of the processes, and gives these and all test files that have a process of their own. */
function filesToRun(): string[] {
  rmSync(processesDir, { recursive: true, force: true });
  mkdirSync(processesDir, { recursive: true });
  const alone = new Set(globSync('test/**/*.test.ts'));
  const shared = Object.entries(processes).flatMap(([name, patterns]) => {
    const files = globSync(patterns).filter(canShare).toSorted();
    if (files.length === 0) return [];
    for (const file of files) alone.delete(file);
    const path = join(processesDir, `${name}.mjs`);
    writeFileSync(
      path,
      `${head}${files.map(file => `await load('${file}', '${relative(processesDir, file)}');\n`).join('')}`,
    );
    return path;
  });
  return [...shared, ...alone];
}

if (import.meta.main) console.log(filesToRun().join('\n'));
