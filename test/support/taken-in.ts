// How far the mails of a service have come: what the ledger says of them, and which are safe in Blob.
import { ContainerClient } from '@azure/storage-blob';
import type { Mailroom } from './mailroom.ts';

/** The states of its mails, in the order of the alphabet. */
export async function statesOf(room: Mailroom, service: string): Promise<string[]> {
  const { json } = await room.call('GET', `/api/mails?serviceId=${service}`);
  return json.items.map(({ state }: { state: string }) => state).toSorted();
}

export async function countRaws({ stack }: Mailroom, service: string): Promise<number> {
  const mails = new ContainerClient(`${stack.environment.BLOB_CONNECTION_STRING}`, 'mails');
  let count = 0;
  for await (const { name } of mails.listBlobsFlat({ prefix: `${service}/` }))
    if (name.endsWith('/raw')) count++;
  return count;
}
