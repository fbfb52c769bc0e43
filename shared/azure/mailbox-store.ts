// Where the mailboxes' records live: one item a service in the container `mailboxes`, and a blob where that gets too long.
import type { Container } from '@azure/cosmos';
import type { ContainerClient } from '@azure/storage-blob';
import type { ServiceId } from '../domain/ids.ts';
import { sha256Hex } from '../domain/mail/ledger-record.ts';
import { type Mailbox, newMailbox, type TakenInBlob } from '../domain/mailbox/mailbox.ts';
import { sequenceCount } from '../domain/mailbox/sequence-set.ts';
import { type ErrorCode, MaloteError } from '../errors.ts';
import { findText, overwriteBlob, takenInPath } from './blobs.ts';
import { type Database, isAsWritten, request, type Stored, toStored } from './cosmos.ts';

export type MailboxStores = { database: Pick<Database, 'mailboxes'>; mails: ContainerClient };

// UIDs are few ranges, but ids of POP3 and Graph stand one by one: of 100,000 mails that cannot be disposed of they are
// 2.3 MB, and an item may have 2 MB. So a long `takenIn` is kept in a blob, and the item says what that blob holds. It is a
// cache: a blob that is lost, or was overwritten by a worker without the lease, counts as an empty set, and the ledger knows
// the mails. Not so `copied` and `marked`, which nobody else knows: they stay in the item, and are UIDs always.

/** What a write is refused with that did not meet the record as it was read. */
const refusals: readonly ErrorCode[] = ['conflict', 'not_found', 'precondition_failed'];

/** Length of `takenIn` from which on it is kept in a blob. */
const LONGEST_IN_ITEM = 16 * 1024;
/** The blob is written when it is behind by so many mails, and at the last: 2.3 MB are too much for every batch. */
const FARTHEST_BEHIND = 1_000;

/**
 * The record of a service's mailbox; undefined before its first busy fetch. One point read, and one of a blob where
 * `takenIn` is long.
 * @throws MaloteError `dependency_unavailable`
 */
export async function findMailbox(
  { database, mails }: MailboxStores,
  serviceId: ServiceId,
): Promise<Stored<Mailbox> | undefined> {
  const found = await findMailboxItem(database.mailboxes, serviceId);
  const kept = found?.value.takenInBlob;
  if (!found || !kept) return found;
  const { text = '' } = (await findText(mails, takenInPath(serviceId))) ?? {};
  const held = sha256Hex(text) === kept.sha256 ? { takenIn: text } : { takenInBlob: null };
  return { ...found, value: { ...found.value, ...held } };
}

/** The record as its item has it: a long `takenIn` is empty, and `takenInBlob` tells its count. One point read. */
export async function findMailboxItem(
  mailboxes: Container,
  serviceId: ServiceId,
): Promise<Stored<Mailbox> | undefined> {
  const { resource } = await request('read mailbox', () =>
    mailboxes.item('mailbox', serviceId).read<Mailbox>(),
  );
  if (!resource) return undefined;
  const { value, etag } = toStored(resource);
  // What a record of an older version lacks is as in a new one.
  return { value: { ...newMailbox(serviceId), ...value }, etag };
}

/**
 * Writes the record if nobody else did since it was read; `etag` undefined means it must not exist yet.
 * @param options `isLast`: nothing follows soon, so a blob is brought up to date. One that cannot be written then stays
 *   behind: to give a lease back is more urgent
 * @returns the record as it is now
 * @throws MaloteError `precondition_failed` when another write came first, or it was deleted; `dependency_unavailable`
 */
export async function writeMailbox(
  { database: { mailboxes }, mails }: MailboxStores,
  mailbox: Mailbox,
  etag: string | undefined,
  { isLast = false } = {},
): Promise<Stored<Mailbox>> {
  const takenInBlob = await keepTakenIn(mails, mailbox, isLast);
  const item = toItem({ ...mailbox, takenInBlob });
  // Not an upsert: with If-Match it would bring the mailbox of a deleted service back.
  const write = () =>
    etag === undefined
      ? mailboxes.items.create(item)
      : mailboxes
          .item('mailbox', item.serviceId)
          .replace(item, { accessCondition: { type: 'IfMatch', condition: etag } });
  try {
    const { resource } = await request('write mailbox', write);
    return { value: { ...mailbox, takenInBlob }, etag: resource?._etag ?? '' };
  } catch (error) {
    if (!(error instanceof MaloteError && refusals.includes(error.code))) throw error;
    const found = await findMailboxItem(mailboxes, item.serviceId);
    if (found && isAsWritten(toItem(found.value), item))
      return { value: { ...mailbox, takenInBlob }, etag: found.etag };
    throw new MaloteError('precondition_failed', 'write mailbox: it was changed meanwhile.', {
      cause: error,
    });
  }
}

/** Brings the blob of a long set up to date, if it is time for that. @returns what it holds; null where none is needed */
async function keepTakenIn(
  mails: ContainerClient,
  mailbox: Mailbox,
  isLast: boolean,
): Promise<TakenInBlob | null> {
  if (!isLong(mailbox)) return null;
  const { serviceId, takenIn, takenInBlob: kept } = mailbox;
  const count = sequenceCount(takenIn);
  if (kept && !isLast && Math.abs(count - kept.count) < FARTHEST_BEHIND) return kept;
  const sha256 = sha256Hex(takenIn);
  if (sha256 === kept?.sha256) return kept;
  try {
    await overwriteBlob(mails, takenInPath(serviceId), takenIn);
    return { sha256, count };
  } catch (error) {
    if (!isLast) throw error;
    return kept;
  }
}

function isLong({ takenIn }: Pick<Mailbox, 'takenIn'>): boolean {
  return takenIn.length > LONGEST_IN_ITEM;
}

/**
 * Writes that a service has another revision now. Whoever holds the lease notices with the next write, which is before anything
 * is published or disposed of.
 * @throws MaloteError `dependency_unavailable`
 */
export async function noteServiceRevision(
  mailboxes: Container,
  serviceId: ServiceId,
  revision: number,
): Promise<void> {
  const condition = `from c where c.serviceRevision < ${revision} or not is_defined(c.serviceRevision)`;
  const operations = [{ op: 'set' as const, path: '/serviceRevision', value: revision }];
  const mailbox = mailboxes.item('mailbox', serviceId);
  const codeOf = (write: () => Promise<unknown>, ...expected: ErrorCode[]) =>
    request('note a changed service', write).then(
      () => undefined,
      (error: MaloteError) => {
        if (!expected.includes(error.code)) throw error;
        return error.code;
      },
    );
  const patch = () =>
    codeOf(() => mailbox.patch({ condition, operations }), 'precondition_failed', 'not_found');
  // A failed precondition says that this one was noted before, or a later one was.
  if ((await patch()) !== 'not_found') return;
  // There is a record from now on, so that a first fetch which is just beginning finds it changed too.
  const first = toItem({ ...newMailbox(serviceId), serviceRevision: revision });
  if ((await codeOf(() => mailboxes.items.create(first), 'conflict')) === 'conflict') await patch();
}

function toItem({ announcements, ...mailbox }: Mailbox) {
  return {
    ...mailbox,
    ...(isLong(mailbox) ? { takenIn: '' } : {}),
    // Absent where there are none: the index of those to be told is sparse.
    ...(announcements.length > 0 ? { announcements } : {}),
  };
}

/** Services of which something is still to be told to the platform. At most `limit`; a sparse index knows them. */
export async function listUnannounced(mailboxes: Container, limit: number): Promise<ServiceId[]> {
  const pages = mailboxes.items.query<{ serviceId: ServiceId }>(
    'SELECT c.serviceId FROM c WHERE IS_DEFINED(c.announcements)',
    { maxItemCount: limit },
  );
  const found: ServiceId[] = [];
  // Across partitions a page may be empty although there is another.
  while (pages.hasMoreResults() && found.length < limit) {
    const { resources } = await request('search mailboxes', () => pages.fetchNext());
    found.push(...(resources ?? []).map(({ serviceId }) => serviceId));
  }
  return found;
}

/** Services whose mailbox is in trouble, of reading or of disposing; 0.3 RU for each. */
export async function listInTrouble(mailboxes: Container): Promise<ServiceId[]> {
  const { resources } = await request('search mailboxes', () =>
    mailboxes.items
      .query<{ serviceId: ServiceId }>(
        "SELECT c.serviceId FROM c WHERE c.id = 'mailbox' AND (IS_DEFINED(c.trouble.since) OR IS_DEFINED(c.disposalTrouble.since))",
      )
      .fetchAll(),
  );
  return resources.map(({ serviceId }) => serviceId);
}

/** A mailbox that cannot be read, or its mail not be moved or deleted, and since when. */
export type Failing = { serviceId: ServiceId; code: ErrorCode; since: string };

/** All that are failing, each trouble for itself; about 3 RU, and 0.3 for each. */
export async function listFailing(mailboxes: Container): Promise<Failing[]> {
  type Row = { serviceId: ServiceId } & Record<
    'trouble' | 'disposalTrouble',
    Omit<Failing, 'serviceId'> | null
  >;
  const { resources } = await request('search mailboxes', () =>
    mailboxes.items
      .query<Row>(
        "SELECT c.serviceId, c.trouble, c.disposalTrouble FROM c WHERE c.id = 'mailbox' AND (IS_DEFINED(c.trouble.since) OR IS_DEFINED(c.disposalTrouble.since))",
      )
      .fetchAll(),
  );
  return resources.flatMap(({ serviceId, trouble, disposalTrouble }) =>
    [trouble, disposalTrouble].flatMap(one => (one ? [{ serviceId, code: one.code, since: one.since }] : [])),
  );
}

/** Forgets the mailbox of a service that was deleted. */
export async function deleteMailbox(mailboxes: Container, serviceId: ServiceId): Promise<void> {
  await request('delete mailbox', () => mailboxes.item('mailbox', serviceId).delete()).catch(error => {
    if (error.code !== 'not_found') throw error;
  });
}
