// What can be told to `npm start`: the ports.
import { parseArgs } from 'node:util';

export const usualPorts = {
  app: 7071,
  'service-bus': 5672,
  cosmos: 8081,
  blob: 10000,
  entra: 8444,
  graph: 8445,
  imap: 1143,
  imaps: 1993,
  pop3: 1110,
  pop3s: 1995,
};

export type Ports = typeof usualPorts;

const help = `Runs Malote on this machine: Azure's stand-ins, a mail server with a demo mailbox, and the app.

Usage: npm start -- [--PLACE-port N]...

${Object.entries(usualPorts)
  .map(([name, port]) => `${`  --${name}-port N`.padEnd(26)}usually ${port}`)
  .join('\n')}

Data is kept under .local/ until: npm run reset`;

/** The ports to use; undefined when help was asked for, or the arguments are wrong: then it was said. */
export function readPorts(argv: string[]): Ports | undefined {
  try {
    const names = Object.keys(usualPorts) as (keyof Ports)[];
    const options = Object.fromEntries(names.map(name => [`${name}-port`, { type: 'string' as const }]));
    const { values } = parseArgs({
      args: argv,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) {
      console.log(help);
      return undefined;
    }
    const given = names.flatMap((name): [string, number][] => {
      const value = values[`${name}-port` as keyof typeof values];
      return typeof value === 'string' ? [[name, portNumber(name, value)]] : [];
    });
    const ports = { ...usualPorts, ...Object.fromEntries(given) };
    const twice = names.find((name, index) =>
      names.slice(0, index).some(other => ports[other] === ports[name]),
    );
    if (twice) throw new Error(`--${twice}-port ${ports[twice]} is given to two; each needs its own.`);
    return ports;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`);
    process.exitCode = 2;
    return undefined;
  }
}

function portNumber(name: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`--${name}-port must be a number from 1 to 65535, not "${text}".`);
}
