// What must follow an invitation or an answer: the events that tell the platform, the entry in the trail, the customer's wish.
import { setTimeout as sleep } from 'node:timers/promises';
import { addToTrail } from '../../azure/audit-store.ts';
import type { Stored } from '../../azure/cosmos.ts';
import { noteOptedOut } from '../../azure/people-store.ts';
import { findInvitation, listOverdue, listUntold, replaceInvitation } from '../../azure/surveys-store.ts';
import { type Clients, tracked } from '../../clients.ts';
import { surveyEvent } from '../../domain/event/survey.ts';
import { type Invitation, type SurveyNews, withoutNews } from '../../domain/survey/invitation.ts';
import { MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { requestSending } from './request-sending.ts';

// What must follow stands in the invitation itself, written with what it follows: no crash loses it. It is repeated under ids
// that are fixed, so nobody sees it twice.

/** How long a caller waits; what has not come by then is left to `followUpLeft`. */
const PATIENCE_MS = 3_000;
/** News this young is still in the hands of the request that made it. */
const IN_HANDS_MS = 60_000;
/** As long as the queue keeps a message: what waits longer for its turn has lost it. */
const LOST_MS = 3_600_000;
/** Far below what a function may take, twice even: with the bus away each waits for it. */
const WORK_FOR_MS = 60_000;

type Context = { clock: () => Date; log: Log };

/** Brings about what must follow, as far as it goes soon. Never throws. */
export async function followUpSoon(
  clients: Clients,
  invitation: Stored<Invitation>,
  context: Context,
): Promise<void> {
  const following = tracked(() => followUp(clients, invitation, context));
  await Promise.race([following, sleep(PATIENCE_MS, undefined, { ref: false })]);
}

/**
 * Follows up what was left, for a minute at most, and then asks again for what lost its turn to be sent. What fails is tried once.
 * To be called regularly.
 * @throws MaloteError `dependency_unavailable`
 */
export async function followUpLeft(clients: Clients, context: Context): Promise<void> {
  await followUpUntold(clients, context);
  await sendOverdue(clients, context);
}

async function followUpUntold(clients: Clients, context: Context): Promise<void> {
  const { clock } = context;
  const until = clock().getTime() + WORK_FOR_MS;
  const before = new Date(clock().getTime() - IN_HANDS_MS);
  for await (const invitations of listUntold(clients.database.surveys, before)) {
    for (const invitation of invitations) {
      if (clock().getTime() >= until) return;
      await followUp(clients, invitation, context);
    }
  }
}

/** In time of its own, so that it is done however much there was to follow up. */
async function sendOverdue({ bus, database }: Clients, { clock }: Context): Promise<void> {
  const until = clock().getTime() + WORK_FOR_MS;
  const before = new Date(clock().getTime() - LOST_MS);
  for await (const invitations of listOverdue(database.surveys, before)) {
    if (clock().getTime() >= until) return;
    await requestSending(
      bus,
      invitations.map(({ value }) => value),
    );
  }
}

/** Never throws; what fails is left. */
async function followUp(
  clients: Clients,
  { value, etag }: Stored<Invitation>,
  { clock, log }: Context,
): Promise<void> {
  const { untold = [], invitationId } = value;
  if (untold.length === 0) return;
  try {
    for (const news of untold) await bringAbout(clients, value, news, clock());
    await conclude(clients, { value, etag }, untold);
  } catch (error) {
    log.warn('survey-unfinished', { invitationId, code: toMaloteError(error).code });
  }
}

async function bringAbout(
  { bus, database }: Clients,
  invitation: Invitation,
  news: SurveyNews,
  now: Date,
): Promise<void> {
  const event = surveyEvent(invitation, news, now);
  if (event) {
    const [told] = await bus.sendEvents([event]);
    if (told && told.outcome !== 'sent' && traitsOf(told.error.code).fault !== 'mail') throw told.error;
  }
  if (news.type === 'send') await requestSending(bus, [invitation]);
  if (news.type === 'changed' && news.audit) await addToTrail(database.audit, news.audit);
  if (news.type === 'optedOut' && invitation.addressHash !== null) {
    await noteOptedOut(database.surveys, invitation.addressHash, news.at);
  }
}

/** Takes what has come out of the invitation; of one that was changed meanwhile only that. */
async function conclude(
  { database: { surveys } }: Clients,
  { value, etag }: Stored<Invitation>,
  told: SurveyNews[],
): Promise<void> {
  if ((await replaceInvitation(surveys, withoutNews(value, told.length), etag)) !== undefined) return;
  const found = await findInvitation(surveys, value.invitationId);
  if (found?.value.kind !== 'invitation') return;
  // Whoever else followed it up took from the beginning, too; what came meanwhile stands at the end.
  const { untold = [] } = found.value;
  const done = told.filter(({ type, at }) => untold.some(left => left.type === type && left.at === at));
  if (done.length === 0) return;
  const rest = withoutNews(found.value, done.length);
  if ((await replaceInvitation(surveys, rest, found.etag)) === undefined) {
    throw new MaloteError('conflict', 'The invitation keeps being changed.');
  }
}
