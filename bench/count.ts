// How many mails a figure is taken of, as it was said on the command line.
import { readArguments, refuse } from '../local/arguments.ts';

/** For a bench that is told nothing else. */
export function readCount(usual?: number): number {
  return toCount(readArguments('npm run bench', { allowPositionals: true }).positionals, usual);
}

export function toCount(positionals: string[], usual = 5000): number {
  const [word = String(usual), ...more] = positionals;
  const count = Number(word);
  if (more.length > 0 || !Number.isInteger(count) || count < 1) {
    refuse('npm run bench', `One number of mails, not "${positionals.join(' ')}"`);
  }
  return count;
}
