// What a write of 30 kB into Blob Storage costs the process that writes, by the SDK and by our short way, in turn: 16 at a time,
// to Azurite in a process of its own.
// Usage: node local/setup.mjs bench/blob-writes.ts [WRITES]
import { randomBytes, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { startAzurite, startBlob } from '../local/blob/azurite.ts';
import { tableLines } from '../local/table.ts';
import { openMailBlobs, writeOnce } from '../shared/azure/blobs.ts';
import { openCompatHttpClient } from '../shared/azure/http-client.ts';
import { readCount } from './command-line.ts';
import { makeScratchFolder } from './scratch.ts';
import { takeTurns } from './turns.ts';

const count = readCount(2_000);
const bytes = randomBytes(30_000);
const dir = await makeScratchFolder();
const azurite = await startAzurite({ dir, inMemory: true });
const blob = await startBlob({ port: 0, dir, azuritePort: azurite.port, containers: ['mails'] });
// Past the proxy, which would be counted.
const connectionString = blob.connectionString.replace(`:${blob.port}/`, `:${azurite.port}/`);
const bySdk = BlobServiceClient.fromConnectionString(connectionString, {
  httpClient: openCompatHttpClient(30_000),
});
// Only what `openMailBlobs` opened has the short way.
const ways = {
  'by the SDK': bySdk.getContainerClient('mails'),
  'the short way': await openMailBlobs({ connectionString }),
};

const names = Object.keys(ways) as (keyof typeof ways)[];
await takeTurns(names, 1, name => write(name, Math.min(count, 1_000)));
const runs = await takeTurns(names, 3, name => write(name, count));
const rows = names.map(name => {
  const micros = (runs.get(name) ?? []).sort((a, b) => a - b).map(run => run.toFixed(0));
  return [name, micros[micros.length >> 1] ?? '', `${micros[0]}-${micros.at(-1)}`];
});
console.log(tableLines(['a write', 'CPU us', 'all runs'], rows, [15, 10, 15]).join('\n'));
await blob.close();
await azurite.close();
await rm(dir, { recursive: true });

/** Microseconds of processor time a write. */
async function write(name: keyof typeof ways, writes: number): Promise<number> {
  const before = process.cpuUsage();
  let left = writes;
  const worker = async () => {
    while (left-- > 0) {
      const path = `${randomUUID()}/raw`;
      await writeOnce(ways[name], path, { bytes }, { type: 'message/rfc822', sha256: '0'.repeat(64) });
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / writes;
}
