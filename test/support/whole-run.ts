// What all files of a whole run share, for each needs seconds of the processor to be made: one Azurite, and the app as it is deployed.
// Blobs of different files have different names, for they begin with the id of a service; faults are of the proxy that every
// file has before it.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startAzurite } from '../../local/blob/azurite.ts';

const variables = { azuritePort: 'MALOTE_TEST_AZURITE_PORT', app: 'MALOTE_TEST_APP' };
let forget: (() => Promise<void>) | undefined;

/** Called by node --test before the first file. */
export async function globalSetup(): Promise<void> {
  const azurite = await startAzurite({ dir: '', inMemory: true });
  const app = await bundleApp();
  process.env[variables.azuritePort] = String(azurite.port);
  process.env[variables.app] = app.entry;
  forget = async () => {
    await azurite.close();
    await app.remove();
  };
}

/** Called by node --test after the last file. */
export async function globalTeardown(): Promise<void> {
  await forget?.();
}

/** Where it is; undefined in a run of a few files, which start their own. */
export function sharedAzuritePort(): number | undefined {
  const port = process.env[variables.azuritePort];
  return port === undefined ? undefined : Number(port);
}

/** The functions of the bundle; undefined in a run of a few files, which start those of the source. */
export function sharedApp(): string | undefined {
  return process.env[variables.app];
}

/** Bundles the app as it is deployed, below the package.json that says what its files are. */
export async function bundleApp(): Promise<{ entry: string; remove: () => Promise<void> }> {
  await mkdir('.local', { recursive: true });
  const dir = await mkdtemp('.local/app-');
  execFileSync(process.execPath, ['build.ts', '--out', dir], { stdio: ['ignore', 'ignore', 'inherit'] });
  return { entry: join(dir, 'app.js'), remove: () => rm(dir, { recursive: true }) };
}
