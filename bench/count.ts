// How many mails a figure is taken of, as it was said on the command line.
import { readArguments, refuse } from '../local/arguments.ts';

export function readCount(usual = 5000): number {
  const { positionals } = readArguments('npm run bench', { allowPositionals: true });
  const [word = String(usual), ...more] = positionals;
  const count = Number(word);
  if (more.length > 0 || !Number.isInteger(count) || count < 1) {
    refuse('npm run bench', `One number of mails, not "${positionals.join(' ')}"`);
  }
  return count;
}
