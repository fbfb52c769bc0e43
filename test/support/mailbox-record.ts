// The record of a service's mailbox, read and changed behind the app's back: what a test cannot wait for.
import assert from 'node:assert/strict';
import { type Container, CosmosClient } from '@azure/cosmos';
import type { Mailbox } from '../../shared/domain/mailbox/mailbox.ts';
import type { Mailroom } from './mailroom.ts';

/** The record as the database has it, ETag and all. */
export function readRecord(room: Mailroom, service: string): Promise<Mailbox> {
  return withMailboxes(room, async mailboxes => {
    const { resource } = await mailboxes.item('mailbox', service).read<Mailbox>();
    return resource ?? assert.fail('The mailbox has no record yet.');
  });
}

/** Writes what `change` makes of the record as it is. */
export function changeRecord(
  room: Mailroom,
  service: string,
  change: (mailbox: Mailbox | undefined) => Mailbox,
): Promise<void> {
  return withMailboxes(room, async mailboxes => {
    const { resource } = await mailboxes.item('mailbox', service).read<Mailbox>();
    await mailboxes.items.upsert(change(resource));
  });
}

/** The one mail that was set aside may be tried again. */
export function aDayLater(room: Mailroom, service: string): Promise<void> {
  return changeRecord(room, service, mailbox => {
    assert.equal(mailbox?.setAside.length, 1);
    const retryAt = new Date().toISOString();
    return { ...mailbox, setAside: mailbox.setAside.map(({ id }) => ({ id, retryAt })) };
  });
}

async function withMailboxes<T>({ stack }: Mailroom, use: (mailboxes: Container) => Promise<T>): Promise<T> {
  const { endpoint, key } = stack.cosmos;
  const client = new CosmosClient({ endpoint, key, connectionPolicy: { enableEndpointDiscovery: false } });
  const result = await use(client.database('malote').container('mailboxes'));
  client.dispose();
  return result;
}
