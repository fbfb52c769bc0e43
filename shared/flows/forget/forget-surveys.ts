// How invitations to surveys are forgotten: who was asked and what was written go, and what counts stays.
import type { Stored } from '../../azure/cosmos.ts';
import { listForgettableSurveys } from '../../azure/forgotten-surveys.ts';
import { readSettings } from '../../azure/settings-store.ts';
import { replaceInvitation } from '../../azure/surveys-store.ts';
import type { Clients } from '../../clients.ts';
import { forgotten, type Invitation, type InvitationId, stateOf } from '../../domain/survey/invitation.ts';
import type { Log } from '../../log.ts';
import { mapConcurrently } from '../../mailboxes/concurrency.ts';

const DAY_MS = 86_400_000;
/** Far below what a function may take. */
const WORK_FOR_MS = 60_000;
const AT_ONCE = 10;

type Context = { clock: () => Date; log: Log };

/**
 * Forgets invitations of which nothing happened for `retentionDays.surveys`. One that can still be answered or changed is left, and so
 * is one of which something is to follow. A suspect answer waits for no supervisor longer than others are kept: it goes
 * too, and stays left out of figures. To be called regularly; for a minute at most.
 * @returns how many were forgotten
 * @throws MaloteError `dependency_unavailable`
 */
export async function forgetOldSurveys(
  clients: Pick<Clients, 'database'>,
  { clock, log }: Context,
): Promise<number> {
  const { catalog, surveys } = clients.database;
  const days = (await readSettings(catalog)).value.retentionDays.surveys;
  if (days === null) return 0;
  const before = new Date(clock().getTime() - days * DAY_MS);
  const until = clock().getTime() + WORK_FOR_MS;
  let count = 0;
  for await (const old of listForgettableSurveys(surveys, before)) {
    const over = old.filter(({ value }) => !['open', 'changeable'].includes(stateOf(value, clock())));
    count += (await forgetInvitations(clients, over, clock())).length;
    if (clock().getTime() >= until) break;
  }
  if (count > 0) log.info('surveys-forgotten', { invitations: count, retentionDays: days });
  return count;
}

/**
 * Forgets invitations, whatever state they are in.
 * @returns the ids of those that are; one that was changed meanwhile, or of which something is to follow, is left
 * @throws MaloteError `dependency_unavailable`
 */
export async function forgetInvitations(
  { database: { surveys } }: Pick<Clients, 'database'>,
  invitations: Stored<Invitation>[],
  now: Date,
): Promise<InvitationId[]> {
  const ids: InvitationId[] = [];
  const told = invitations.filter(({ value }) => value.untoldSince === undefined);
  const forget = async ({ value, etag }: Stored<Invitation>) => {
    if ((await replaceInvitation(surveys, forgotten(value, now), etag)) !== undefined)
      ids.push(value.invitationId);
  };
  for await (const _ of mapConcurrently(told, AT_ONCE, forget));
  return ids;
}
