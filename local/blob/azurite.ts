// Stands in for Blob Storage: Azurite, Microsoft's own emulator, behind a proxy that can be told to fail.
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { BlobServiceClient } from '@azure/storage-blob';
import { startChild, stopChild } from '../child-process.ts';
import { Faults } from '../faults.ts';
import { startFaultProxy } from './fault-proxy.ts';

export type Blob = {
  port: number;
  connectionString: string;
  /** Operations are called `PUT mails/{blob}`, `GET mails/{blob}`, `PUT mails/{blob}?comp=block`, `GET mails?comp=list`. */
  faults: Faults;
  close: () => Promise<void>;
};

type Options = {
  /** 0 for any free one. */
  port: number;
  /** Where blobs are kept. */
  dir: string;
  /** Nothing is written to `dir`. */
  inMemory?: boolean;
  /** Of an Azurite that runs already: it is shared, and stays when this is closed. */
  azuritePort?: number | undefined;
  /** Made when they are not there. */
  containers: string[];
  faults?: Faults;
};

/** The account that every installation of Azurite has, and its published key. */
const account = 'devstoreaccount1';
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export async function startBlob(options: Options): Promise<Blob> {
  const { port, containers, faults = new Faults() } = options;
  await using opened = new AsyncDisposableStack();
  let { azuritePort } = options;
  if (azuritePort === undefined) {
    const azurite = await startAzurite(options);
    opened.defer(azurite.close);
    azuritePort = azurite.port;
  }
  const service = BlobServiceClient.fromConnectionString(connectionString(azuritePort));
  await Promise.all(containers.map(name => service.getContainerClient(name).createIfNotExists()));
  const proxy = await startFaultProxy({ port, azuritePort, account, faults });
  opened.defer(proxy.close);
  const closing = opened.move();
  return {
    port: proxy.port,
    connectionString: connectionString(proxy.port),
    faults,
    close: () => closing.disposeAsync(),
  };
}

/** Azurite alone, which is not told to fail. */
export async function startAzurite({ dir, inMemory = false }: Pick<Options, 'dir' | 'inMemory'>) {
  const storage = inMemory ? ['--inMemoryPersistence'] : ['--location', dir];
  const azurite = startChild(process.execPath, [
    createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js'),
    ...['--blobHost', '127.0.0.1', '--blobPort', '0', ...storage],
    // Newer clients ask for versions of the API that Azurite does not know by name yet.
    ...['--skipApiVersionCheck', '--disableTelemetry', '--silent'],
  ]);
  const close = () => stopChild(azurite);
  try {
    return { port: await listening(azurite), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function connectionString(port: number): string {
  const endpoint = `http://127.0.0.1:${port}/${account}`;
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=${endpoint};`;
}

/** The port that Azurite says it listens on. */
async function listening(azurite: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk;
      const said = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(output);
      if (said) resolve(Number(said[1]));
    };
    azurite.stdout?.on('data', read);
    azurite.stderr?.on('data', read);
    azurite.once('error', reject);
    azurite.once('exit', () => reject(new Error(`Azurite did not start: ${output.trim()}`)));
  });
}
