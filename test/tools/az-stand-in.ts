// Stands in for Azure's command line: a vault and a directory in memory, and a record of every command.
import { readFileSync } from 'node:fs';
import { type Az, AzError } from '../../tools/az.ts';

type Kept = { id: string; [member: string]: unknown };
export type AzState = {
  /** Every command line, in order. */
  commands: string[][];
  secrets: Record<string, string>;
  /** By path, such as `applications` or `servicePrincipals/{id}/appRoleAssignedTo`. */
  objects: Record<string, Kept[]>;
  /** What every command on the vault fails with. */
  vaultFault?: string;
};

/** An `az`, and what it has and was asked. */
export function azStandIn(initial: Partial<AzState> = {}): { az: Az; state: AzState } {
  const state: AzState = { commands: [], secrets: {}, objects: {}, ...initial };
  const az: Az = async <T>(...command: string[]) => {
    state.commands.push(command);
    const option = (name: string) => command[command.indexOf(name) + 1] ?? '';
    // As JSON, as the genuine one prints it.
    const answer = answerTo(state, command.slice(0, 3).join(' '), option);
    return (answer === undefined ? undefined : JSON.parse(JSON.stringify(answer))) as T | undefined;
  };
  return { az, state };
}

function answerTo(state: AzState, verb: string, option: (name: string) => string): unknown {
  if (verb.startsWith('keyvault') && state.vaultFault) fail(state.vaultFault);
  if (verb === 'keyvault secret list') return Object.keys(state.secrets);
  if (verb === 'keyvault secret set') {
    state.secrets[option('--name')] = readFileSync(option('--file'), 'utf8');
    return option('--name');
  }
  if (verb.startsWith('functionapp restart')) return undefined;
  if (verb === 'account show --query') return '10ca1000-0000-4000-8000-000000000000';
  if (option('--query').includes('activeDirectory'))
    return { name: 'AzureCloud', login: 'https://login.microsoftonline.com' };
  if (verb.startsWith('cloud show')) return 'https://graph.microsoft.com/';
  if (verb.startsWith('rest --method')) return answerOfGraph(state, option);
  return fail(`az has no ${verb}`);
}

function answerOfGraph({ objects }: AzState, option: (name: string) => string): unknown {
  const [path = '', search] = decodeURIComponent(option('--url').split('/v1.0/')[1] ?? '').split('?');
  const method = option('--method');
  if (path === 'me') return { id: 'me-myself' };
  if (method === 'GET') {
    const [, member = '', value] = /(\w+) eq '(.*)'/.exec(search ?? '') ?? [];
    return { value: (objects[path] ?? []).filter(object => value === undefined || object[member] === value) };
  }
  const body = JSON.parse(option('--body'));
  if (method === 'POST') {
    const id = `${path.split('/').at(-1)}-${(objects[path] ?? []).length + 1}`;
    const made = { ...body, id, ...(path === 'applications' ? { appId: `app-${id}` } : {}) };
    objects[path] = [...(objects[path] ?? []), made];
    return made;
  }
  const end = path.lastIndexOf('/');
  const object = objects[path.slice(0, end)]?.find(one => one.id === path.slice(end + 1));
  if (!object) return fail(`there is no ${path}`);
  Object.assign(object, body);
  return undefined;
}

function fail(message: string): never {
  throw new AzError(message);
}
