// What programs are told on the command line; what they do not understand is refused in one line.
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Reads the command line of the npm script `command`, or says what is wrong with it and ends the process. */
export function readArguments<Config extends ParseArgsConfig>(
  command: string,
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // Node's first sentence says it; the second explains how to escape.
    return refuse(command, (error as Error).message.split('. ')[0] ?? '');
  }
}

/** Ends the process with one line that says what is wrong, and where it says what would be right. */
export function refuse(command: string, what: string): never {
  console.error(`${what.replace(/\.?$/, '.')} See: ${command} -- --help`);
  process.exit(2);
}
