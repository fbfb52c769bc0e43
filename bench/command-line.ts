// What a bench is told on the command line. What it can be told is the comment at the head of its file, and shown with --help.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

const file = process.argv[1] ?? '';

/** Reads words and `options`; shows the help, or says what is wrong with them, and ends the process then. */
export function readBench<Options extends ParseArgsOptionsConfig>(options: Options) {
  if (process.argv.includes('--help')) {
    const lines = readFileSync(file, 'utf8').split('\n');
    const head = lines.slice(
      0,
      lines.findIndex(line => !line.startsWith('//')),
    );
    console.log(head.map(line => line.replace(/^\/\/ ?/, '')).join('\n'));
    process.exit();
  }
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    // Node's first sentence says it; the second explains how to escape.
    return refuse((error as Error).message.split('. ')[0] ?? '');
  }
}

/** Whole numbers above 0, each as usual unless told. */
export function readNumbers(...usual: [number, ...number[]]): number[] {
  return toNumbers(readBench({}).positionals, usual);
}

/** How many of what a figure is taken of, for a bench that is told nothing else. */
export function readCount(usual?: number): number {
  return toCount(readBench({}).positionals, usual);
}

/** The same among options. */
export function toCount(positionals: string[], usual = 5000): number {
  return toNumbers(positionals, [usual])[0] as number;
}

/** Ends the process with one line that says what is wrong. */
export function refuse(what: string): never {
  console.error(`${what.replace(/\.?$/, '.')} See: node local/setup.mjs ${relative('.', file)} --help`);
  process.exit(2);
}

function toNumbers(positionals: string[], usual: number[]): number[] {
  const numbers = usual.map((number, index) => Number(positionals[index] ?? number));
  if (positionals.length > usual.length || !numbers.every(n => Number.isInteger(n) && n > 0)) {
    const wanted = usual.length === 1 ? 'One whole number' : `Up to ${usual.length} whole numbers`;
    refuse(`${wanted} above 0, not "${positionals.join(' ')}"`);
  }
  return numbers;
}
