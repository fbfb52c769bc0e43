// A part of a page in docs/ that is made from the code, between two marks: printed, written there, or compared.
import { readFileSync, writeFileSync } from 'node:fs';

const end = '<!-- until here -->';

/** `script` is the one of npm that writes it; what this process was told (`--write`, `--check`, nothing) says what is done. */
export function tend(page: string, script: string, made: string): void {
  const begin = `<!-- made by npm run ${script} -->`;
  const text = readFileSync(page, 'utf8');
  const [before, old = ''] = text.split(begin);
  const updated = [before, begin, `\n\n${made}\n\n`, end, old.split(end)[1]].join('');
  if (process.argv[2] === '--write') writeFileSync(page, updated);
  else if (process.argv[2] !== '--check') console.log(made);
  else if (updated !== text) {
    console.error(
      `${page} is not what the code says. Look at what changes: npm run ${script} && git diff ${page}`,
    );
    process.exitCode = 1;
  }
}
