// Where the mailboxes' records live: one item a service in the container `mailboxes`.
import type { Container } from '@azure/cosmos';
import type { ServiceId } from '../domain/mail.ts';
import type { Mailbox } from '../domain/mailbox.ts';
import { request, type Stored, toStored } from './cosmos.ts';

/** The record of a service's mailbox; undefined before its first busy fetch. One point read. */
export async function findMailbox(
  mailboxes: Container,
  serviceId: ServiceId,
): Promise<Stored<Mailbox> | undefined> {
  const { resource } = await request('read mailbox', () =>
    mailboxes.item('mailbox', serviceId).read<Mailbox>(),
  );
  return resource && toStored(resource);
}

/**
 * Writes the record if nobody else did since it was read; `etag` undefined means it must not exist yet.
 * @returns the new ETag
 * @throws MaloteError `precondition_failed` when another write came first
 */
export async function writeMailbox(
  mailboxes: Container,
  mailbox: Mailbox,
  etag: string | undefined,
): Promise<string> {
  const condition = etag === undefined ? '*' : etag;
  const type = etag === undefined ? 'IfNoneMatch' : 'IfMatch';
  const { resource } = await request('write mailbox', () =>
    mailboxes.items.upsert<Mailbox>(mailbox, { accessCondition: { type, condition } }),
  );
  return toStored(resource as Mailbox & { _etag: string }).etag;
}

/** Forgets the mailbox of a service that was deleted. */
export async function deleteMailbox(mailboxes: Container, serviceId: ServiceId): Promise<void> {
  await request('delete mailbox', () => mailboxes.item('mailbox', serviceId).delete()).catch(error => {
    if (error.code !== 'not_found') throw error;
  });
}
