// What can be told to `npm start`: the ports. Its help is in setup.mjs, which has it before anything is installed.
import { readArguments, refuse } from './arguments.ts';
import { isFree } from './mail/free-ports.ts';
import usualPorts from './usual-ports.json' with { type: 'json' };

export type Ports = typeof usualPorts;
export type Place = keyof Ports;

const command = 'npm start';
const places = Object.keys(usualPorts) as Place[];

/** The ports to use. Ends the process, after saying why, when the arguments are wrong. */
export function readPorts(args: string[]): Ports {
  const options = Object.fromEntries(places.map(place => [`${place}-port`, { type: 'string' as const }]));
  const { values } = readArguments(command, { args, options });
  const given = places.flatMap((place): [string, number][] => {
    const value = values[`${place}-port`];
    return typeof value === 'string' ? [[place, portNumber(place, value)]] : [];
  });
  const ports = { ...usualPorts, ...Object.fromEntries(given) };
  const twice = places.find((place, n) => places.slice(0, n).some(other => ports[other] === ports[place]));
  if (twice) refuse(command, `--${twice}-port ${ports[twice]} is given to two, and each needs its own`);
  return ports;
}

/** Says which of the ports at these places are taken, all of them, and how to choose others; undefined when none is. */
export async function whatIsTaken(
  ports: Ports,
  needed: readonly Place[] = places,
): Promise<string | undefined> {
  const free = await Promise.all(needed.map(place => isFree(ports[place])));
  const taken = needed.filter((_, n) => !free[n]);
  if (taken.length === 0) return undefined;
  const named = taken.map(place => `${ports[place]} (${place})`).join(', ');
  const options = taken.map(place => `--${place}-port N`).join(' ');
  const are = taken.length === 1 ? 'Port is taken' : 'Ports are taken';
  return `${are}: ${named}. End what listens there, or choose others: npm start -- ${options}`;
}

/** The app's MAIL_EXTRA_PORTS: where our own mail server listens, and what its caller allowed. */
export function mailPorts({ imap, imaps, pop3, pop3s }: Ports, allowed: string | undefined): string {
  return [imap, imaps, pop3, pop3s, allowed].filter(Boolean).join(',');
}

function portNumber(place: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  return refuse(command, `--${place}-port must be a number from 1 to 65535, not "${text}"`);
}
