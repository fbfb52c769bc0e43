// The directory of a tenant over Microsoft Graph, changed only where a change is applied, and told of either way.
import { isDeepStrictEqual } from 'node:util';
import { type Az, AzError } from '../az.ts';

export type DirectoryObject = { id: string; [member: string]: unknown };

/** Stands for the id of what would have been made. */
const unmade = '(new)';

export class Directory {
  readonly #az: Az;
  readonly #applies: boolean;
  readonly #say: (line: string) => void;
  #changes = 0;
  #graph: Promise<string> | undefined;

  constructor(az: Az, { applies, say }: { applies: boolean; say: (line: string) => void }) {
    this.#az = az;
    this.#applies = applies;
    this.#say = say;
  }

  /** The one object of a collection that a filter finds; undefined without one. More than one is a fault that only a person can mend. */
  async find(collection: string, filter: string): Promise<DirectoryObject | undefined> {
    const found = await this.list(`${collection}?$filter=${encodeURIComponent(filter)}`);
    if (found.length > 1) {
      throw new AzError(
        `There are ${found.length} of ${collection} with ${filter}: delete or rename all but one.`,
      );
    }
    return found[0];
  }

  async list(path: string): Promise<DirectoryObject[]> {
    // What is not made has nothing below it.
    if (path.includes(unmade)) return [];
    const { value } = (await this.#send('GET', path)) as { value: DirectoryObject[] };
    return value;
  }

  /** The cloud and the tenant that az is signed in to: who its tokens are from, and what proofs between apps are made out to. */
  async federation(): Promise<{ issuer: string; audience: string }> {
    const cloud = await this.#az<{ name: string; login: string }>(
      'cloud',
      'show',
      '--query',
      '{name: name, login: endpoints.activeDirectory}',
    );
    const tenantId = await this.#az<string>('account', 'show', '--query', 'tenantId');
    const login = String(cloud?.login).replace(/\/$/, '');
    const suffix = { AzureUSGovernment: 'USGov', AzureChinaCloud: 'China' }[cloud?.name ?? ''] ?? '';
    return { issuer: `${login}/${tenantId}/v2.0`, audience: `api://AzureADTokenExchange${suffix}` };
  }

  async me(): Promise<string> {
    return ((await this.#send('GET', 'me?$select=id')) as DirectoryObject).id;
  }

  /** Makes an object. @returns it; without --apply what was to be made, with an id that is none */
  async create(path: string, body: object, what: string): Promise<DirectoryObject> {
    this.#tell(`make ${what}`);
    if (!this.#applies) return { ...body, id: unmade };
    return (await this.#send('POST', path, body)) as DirectoryObject;
  }

  /** Changes the members of an object that are not as wanted. @returns it as it is then; without --apply as it would be */
  async mend(
    path: string,
    object: DirectoryObject,
    wanted: Record<string, unknown>,
    what: string,
  ): Promise<DirectoryObject> {
    const differing = Object.entries(wanted).filter(([name, value]) => !isAsWanted(object[name], value));
    if (differing.length === 0) return object;
    this.#tell(`set ${differing.map(([name]) => name).join(', ')} of ${what}`);
    if (this.#applies) await this.#send('PATCH', path, Object.fromEntries(differing));
    return { ...object, ...Object.fromEntries(differing) };
  }

  summary(): string {
    if (this.#changes === 0) return 'Everything is as it should be.';
    return this.#applies
      ? `${this.#changes} changes were made.`
      : `${this.#changes} changes; to make them: --apply`;
  }

  say(line: string): void {
    this.#say(line);
  }

  #tell(change: string): void {
    this.#changes++;
    this.#say(`${this.#applies ? '' : 'would '}${change}`);
  }

  async #send(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<unknown> {
    // Of the cloud that az is in: national ones have a Graph of their own.
    this.#graph ??= this.#az<string>('cloud', 'show', '--query', 'endpoints.microsoftGraphResourceId').then(
      address => String(address).replace(/\/$/, ''),
    );
    const url = `${await this.#graph}/v1.0/${path}`;
    const sent = body ? ['--headers', 'Content-Type=application/json', '--body', JSON.stringify(body)] : [];
    return this.#az('rest', '--method', method, '--url', url, ...sent);
  }
}

/** As wanted is what has every member that is wanted; the directory adds some of its own. Lists are compared without order. */
function isAsWanted(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every(item => found.some(other => isAsWanted(other, item)))
    );
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof found !== 'object' || found === null) return false;
    return Object.entries(wanted).every(([name, value]) =>
      isAsWanted((found as Record<string, unknown>)[name], value),
    );
  }
  return isDeepStrictEqual(found, wanted);
}
