// A key for secrets in Key Vault: made if it is not there, and shown to nobody.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Az } from './az.ts';

/** The id of the key that a name in Key Vault holds; undefined when it names none. */
export function keyIdOf(name: string): string | undefined {
  return /^secret-key-([A-Za-z0-9-]{1,32})$/.exec(name)?.[1];
}

/**
 * Makes the key that a name is for, if there is none under it; then `app` (of a resource group) starts anew, if it is given.
 * @param say is told what was done
 * @throws AzError
 */
export async function makeKey(
  az: Az,
  { vault, name, app }: { vault: string; name: string; app?: { name: string; group: string } | undefined },
  say: (line: string) => void,
): Promise<void> {
  // Names alone are asked for: a value that is never fetched is never shown.
  const names = await az<string[]>('keyvault', 'secret', 'list', '--vault-name', vault, '--query', '[].name');
  if (names?.includes(name)) {
    say(`${name} is there; it stays as it is.`);
    return;
  }
  await store(az, vault, name);
  say(`${name} was made.`);
  if (app === undefined) return;
  // The reference in its settings was looked up when it last started, and found nothing.
  await az('functionapp', 'restart', '--name', app.name, '--resource-group', app.group);
  say(`${app.name} starts anew.`);
}

/** The value travels in a file that nobody else may read: on a command line everybody could. */
async function store(az: Az, vault: string, name: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'malote-key-'));
  try {
    const file = join(dir, 'value');
    await writeFile(file, `${keyIdOf(name)}:${randomBytes(32).toString('base64')}`, { mode: 0o600 });
    const place = ['--vault-name', vault, '--name', name];
    // az prints what it stored, value and all, unless asked for something else.
    await az('keyvault', 'secret', 'set', ...place, '--file', file, '--encoding', 'utf-8', '--query', 'name');
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** What to do about what az refused. */
export function cureOf(message: string): string {
  if (/ForbiddenByFirewall|ForbiddenByConnection|public network access is disabled/i.test(message)) {
    return 'The vault is private: run this inside of its network, or name your address in operatorIpRanges and deploy.';
  }
  if (/ForbiddenByRbac|not authorized/i.test(message)) {
    return 'Making keys needs the role Key Vault Secrets Officer on the vault; a new role takes some minutes.';
  }
  if (/deleted but recoverable/i.test(message)) {
    return 'It was deleted, and can be brought back: az keyvault secret recover. Or give the key another id.';
  }
  return 'It can be run again at any time.';
}
