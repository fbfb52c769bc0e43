// Where the mailboxes' records live: one item a service in the container `mailboxes`.
import type { Container } from '@azure/cosmos';
import type { ServiceId } from '../domain/mail.ts';
import type { Mailbox } from '../domain/mailbox.ts';
import { MaloteError } from '../errors.ts';
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
 * @throws MaloteError `precondition_failed` when another write came first, or it was deleted
 */
export async function writeMailbox(
  mailboxes: Container,
  mailbox: Mailbox,
  etag: string | undefined,
): Promise<string> {
  // Not an upsert: with If-Match it would bring the mailbox of a deleted service back.
  const write = () =>
    etag === undefined
      ? mailboxes.items.create<Mailbox>(mailbox)
      : mailboxes
          .item('mailbox', mailbox.serviceId)
          .replace<Mailbox>(mailbox, { accessCondition: { type: 'IfMatch', condition: etag } });
  try {
    const { resource } = await request('write mailbox', write);
    return toStored(resource as Mailbox & { _etag: string }).etag;
  } catch (error) {
    if (!(error instanceof MaloteError && (error.code === 'conflict' || error.code === 'not_found')))
      throw error;
    throw new MaloteError('precondition_failed', 'write mailbox: it was changed meanwhile.', {
      cause: error,
    });
  }
}

/** Forgets the mailbox of a service that was deleted. */
export async function deleteMailbox(mailboxes: Container, serviceId: ServiceId): Promise<void> {
  await request('delete mailbox', () => mailboxes.item('mailbox', serviceId).delete()).catch(error => {
    if (error.code !== 'not_found') throw error;
  });
}
