// Surveys where they are forgotten: invitations that are old enough, and those of a person.
import type { Container } from '@azure/cosmos';
import type { Invitation, InvitationId } from '../domain/survey/invitation.ts';
import { MaloteError } from '../errors.ts';
import { queryPartition, request, type Stored } from './cosmos.ts';
import { partitionOfPerson } from './people-store.ts';
import { type Item, surveyPages, toInvitation } from './surveys-store.ts';

const AT_ONCE = 100;

/**
 * Invitations of which nothing happened since an instant, and nothing is to follow: answered and not changed since, or expired since. In
 * any order, page by page; a page may be empty.
 */
export function listForgettableSurveys(
  surveys: Container,
  before: Date,
): AsyncGenerator<Stored<Invitation>[]> {
  return listInvitations(
    surveys,
    [
      `((IS_NULL(c.answer) AND c.expiresAt < @before) OR
        (c.answer.answeredAt < @before AND (IS_NULL(c.answer.changedAt) OR c.answer.changedAt < @before)))`,
      'NOT IS_DEFINED(c.untoldSince)',
    ],
    { '@before': before.toISOString() },
  );
}

/** Invitations that ask somebody, page by page. @param addressHash of `surveyAddressHash` */
export function listInvitationsOf(
  surveys: Container,
  addressHash: string,
): AsyncGenerator<Stored<Invitation>[]> {
  return listInvitations(surveys, ['c.addressHash = @hash'], { '@hash': addressHash });
}

/** The ids of the invitations that ask somebody; `most` of them at least, if there are so many. */
export async function idsOfInvitations(
  surveys: Container,
  addressHash: string,
  most: number,
): Promise<InvitationId[]> {
  const conditions = ["c.kind = 'invitation'", 'c.addressHash = @hash'];
  const found: InvitationId[] = [];
  const pages = surveyPages<{ pk: InvitationId }>(
    surveys,
    'c.pk',
    conditions,
    { '@hash': addressHash },
    1000,
  );
  for await (const page of pages) {
    found.push(...page.map(({ pk }) => pk));
    if (found.length >= most) break;
  }
  return found;
}

/** Forgets which services asked somebody, and when. That somebody wishes not to be asked stays. */
export async function removeAsked(surveys: Container, addressHash: string): Promise<void> {
  const partitionKey = partitionOfPerson(addressHash);
  const asked = await queryPartition<string>(surveys, 'search people', partitionKey, {
    text: "SELECT VALUE c.id FROM c WHERE c.kind = 'asked'",
    parameters: {},
  });
  for (const id of asked) {
    await request('forget who was asked', () => surveys.item(id, partitionKey).delete()).catch(error => {
      if (!(error instanceof MaloteError) || error.code !== 'not_found') throw error;
    });
  }
}

async function* listInvitations(
  surveys: Container,
  conditions: readonly string[],
  parameters: Record<string, string>,
): AsyncGenerator<Stored<Invitation>[]> {
  const all = ["c.kind = 'invitation'", ...conditions];
  for await (const page of surveyPages<Item<Invitation>>(surveys, '*', all, parameters, AT_ONCE))
    yield page.map(toInvitation<Invitation>);
}
