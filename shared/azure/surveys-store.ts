// Where invitations and their answers live: the container `surveys`, each in a partition of its own.
import type { Container, JSONObject, JSONValue } from '@azure/cosmos';
import type { ForgottenInvitation, Invitation, InvitationId } from '../domain/survey/invitation.ts';
import { runBatch } from './batch.ts';
import { request, type Stored, storeErrorOf, toStored } from './cosmos.ts';

type Kept = Invitation | ForgottenInvitation;
export type Item<T extends Kept = Kept> = T & { id: 'invitation'; pk: InvitationId };

/** A page of what is left to be done; of a larger one the last would have waited long. */
const LEFT_AT_ONCE = 100;

/** One point read: the invitation of an attendance, or what is left of it. @throws MaloteError `dependency_unavailable` */
export async function findInvitation(
  surveys: Container,
  invitationId: InvitationId,
): Promise<Stored<Kept> | undefined> {
  const { resource } = await request('read invitation', () =>
    surveys.item('invitation', invitationId).read<Item>(),
  );
  return resource && toInvitation(resource);
}

/**
 * Keeps an invitation that must be the attendance's first.
 * @returns its ETag; undefined when the attendance has one
 * @throws MaloteError `dependency_unavailable`, `refused_by_store`, `too_large`
 */
export async function createInvitation(
  surveys: Container,
  invitation: Invitation,
): Promise<string | undefined> {
  return write(surveys, invitation, undefined);
}

/**
 * Replaces an invitation that is still as it was read.
 * @returns the new ETag; undefined when it was changed meanwhile
 * @throws MaloteError `dependency_unavailable`, `refused_by_store`, `too_large`
 */
export async function replaceInvitation(
  surveys: Container,
  invitation: Kept,
  etag: string,
): Promise<string | undefined> {
  return write(surveys, invitation, etag);
}

/** Invitations of which something has been to follow since before an instant, page by page and in any order. */
export function listUntold(surveys: Container, before: Date): AsyncGenerator<Stored<Invitation>[]> {
  return leftPages(surveys, 'c.untoldSince < @before', before);
}

/** Invitations whose turn to be sent was before an instant, page by page and in any order. */
export function listOverdue(surveys: Container, before: Date): AsyncGenerator<Stored<Invitation>[]> {
  return leftPages(surveys, 'c.sending.notBefore < @before', before);
}

/** An invitation that stays as it is comes once. */
async function* leftPages(
  surveys: Container,
  condition: string,
  before: Date,
): AsyncGenerator<Stored<Invitation>[]> {
  const parameters = { '@before': before.toISOString() };
  for await (const page of surveyPages<Item<Invitation>>(surveys, '*', [condition], parameters, LEFT_AT_ONCE))
    yield page.map(toInvitation);
}

/** What is found in all partitions, page by page and in any order; a page may be empty although there is another. */
export async function* surveyPages<T>(
  surveys: Container,
  select: string,
  conditions: readonly string[],
  parameters: Record<string, JSONValue>,
  maxItemCount: number,
): AsyncGenerator<T[]> {
  const pages = surveys.items.query<T>(
    {
      query: `SELECT ${select} FROM c WHERE ${conditions.join(' AND ')}`,
      parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })),
    },
    { maxItemCount },
  );
  while (pages.hasMoreResults()) {
    const { resources } = await request('search surveys', () => pages.fetchNext());
    yield resources ?? [];
  }
}

/** An answer may be changed for so long, whatever its service says (domain/service/survey-schema.ts). */
const LONGEST_CHANGEABLE_MS = 168 * 3_600_000;

/**
 * How many links that were made under a key a customer may still come back to; no more than about `most` are counted. Across
 * partitions there is no COUNT, so it costs what they are.
 */
export async function countOpenUnder(
  surveys: Container,
  keyId: string,
  now: Date,
  most: number,
): Promise<number> {
  const answeredSince = new Date(now.getTime() - LONGEST_CHANGEABLE_MS).toISOString();
  const conditions = [
    "c.kind = 'invitation' AND c.keyId = @keyId AND c.suppressed = null",
    '(c.expiresAt > @now OR c.answer.answeredAt > @answeredSince)',
  ];
  const parameters = { '@keyId': keyId, '@now': now.toISOString(), '@answeredSince': answeredSince };
  let found = 0;
  for await (const page of surveyPages<{ id: string }>(surveys, 'c.id', conditions, parameters, most)) {
    found += page.length;
    if (found >= most) break;
  }
  return found;
}

async function write(
  surveys: Container,
  invitation: Kept,
  etag: string | undefined,
): Promise<string | undefined> {
  const what = 'write invitation';
  const item: Item = { id: 'invitation', pk: invitation.invitationId, ...invitation };
  const resourceBody = item as unknown as JSONObject;
  const outcome = await runBatch({
    container: surveys,
    partition: item.pk,
    operations: [
      etag === undefined
        ? { operationType: 'Create', resourceBody }
        : { operationType: 'Replace', id: item.id, resourceBody, ifMatch: etag },
    ],
    what,
    find: async () => {
      const { resource } = await request(what, () => surveys.item(item.id, item.pk).read<Item>());
      return resource ? [toStored<Item>(resource)] : [];
    },
  });
  if ('etag' in outcome) return outcome.etag;
  if (outcome.status === 404 || outcome.status === 409 || outcome.status === 412) return undefined;
  throw storeErrorOf(what, outcome.status);
}

/** Without what only the database needs. */
export function toInvitation<T extends Kept>(item: Item<T>): Stored<T> {
  const { value, etag } = toStored<object>(item);
  const { id: _id, pk: _pk, ...invitation } = value as Item<T>;
  return { value: invitation as unknown as T, etag };
}
