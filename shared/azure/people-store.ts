// What is remembered of whom was asked, by a keyed hash of the address: when each service asked last, and who wishes not to be asked.
import type { Container } from '@azure/cosmos';
import type { ServiceId } from '../domain/ids.ts';
import type { InvitationId } from '../domain/survey/invitation.ts';
import { request, type Stored, toStored } from './cosmos.ts';

/** When a service asked somebody last, and by which invitation: so a repeat does not take itself for its predecessor. */
export type Asked = { invitationId: InvitationId; askedAt: string };

type AskedItem = Asked & { id: string; pk: string; kind: 'asked'; ttl: number };

/** Longer than any service may want to wait. */
const REMEMBERED_SECONDS = 366 * 86_400;

/** Whether somebody wishes not to be asked again. One point read. */
export async function isOptedOut(surveys: Container, addressHash: string): Promise<boolean> {
  const item = surveys.item('optedOut', partitionOfPerson(addressHash));
  const { resource } = await request('read who wants no survey', () => item.read<{ id: string }>());
  return resource !== undefined;
}

/** Keeps that somebody wishes not to be asked again; the same once more changes nothing. */
export async function noteOptedOut(surveys: Container, addressHash: string, at: string): Promise<void> {
  const item = { id: 'optedOut', pk: partitionOfPerson(addressHash), kind: 'optedOut', at };
  await request('note who wants no survey', () => surveys.items.create(item)).catch(error => {
    if (error.code !== 'conflict') throw error;
  });
}

/** When a service asked somebody last. One point read. */
export async function findAsked(
  surveys: Container,
  addressHash: string,
  serviceId: ServiceId,
): Promise<Stored<Asked> | undefined> {
  const item = surveys.item(`asked:${serviceId}`, partitionOfPerson(addressHash));
  const { resource } = await request('read who was asked', () => item.read<AskedItem>());
  return resource && toStored<AskedItem>(resource);
}

/**
 * Keeps that a service asks somebody, if nobody else did since `etag` was read (undefined: nothing was there).
 * @returns whether it is kept
 */
export async function noteAsked(
  surveys: Container,
  { addressHash, serviceId }: { addressHash: string; serviceId: ServiceId },
  { invitationId, askedAt }: Asked,
  etag: string | undefined,
): Promise<boolean> {
  const item: AskedItem = {
    id: `asked:${serviceId}`,
    pk: partitionOfPerson(addressHash),
    kind: 'asked',
    ttl: REMEMBERED_SECONDS,
    invitationId,
    askedAt,
  };
  const write = () =>
    etag === undefined
      ? surveys.items.create(item)
      : surveys
          .item(item.id, item.pk)
          .replace(item, { accessCondition: { type: 'IfMatch', condition: etag } });
  return request('note who was asked', async () => write()).then(
    () => true,
    error => {
      if (['conflict', 'precondition_failed', 'not_found'].includes(error.code)) return false;
      throw error;
    },
  );
}

/** Where everything is that is remembered of somebody. */
export function partitionOfPerson(addressHash: string): string {
  return `person:${addressHash}`;
}
