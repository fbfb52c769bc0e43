// One Azurite for all files of a run: each needs a second of the processor to start. Blobs of different files have different
// names, for they begin with the id of a service; faults are of the proxy that every file has before it.
import { startAzurite } from '../../local/blob/azurite.ts';

const variable = 'MALOTE_TEST_AZURITE_PORT';
let close: (() => Promise<void>) | undefined;

/** Called by node --test before the first file. */
export async function globalSetup(): Promise<void> {
  const azurite = await startAzurite({ dir: '', inMemory: true });
  close = azurite.close;
  process.env[variable] = String(azurite.port);
}

/** Called by node --test after the last file. */
export async function globalTeardown(): Promise<void> {
  await close?.();
}

/** Where it is; undefined in a run of a few files, which start their own. */
export function sharedAzuritePort(): number | undefined {
  const port = process.env[variable];
  return port === undefined ? undefined : Number(port);
}
