// A customer posts from the page of a survey: an answer, another in its place, or the wish not to be asked again.
import type { Stored } from '../../azure/cosmos.ts';
import { replaceInvitation } from '../../azure/surveys-store.ts';
import type { Clients } from '../../clients.ts';
import { dayIn } from '../../domain/day.ts';
import type { Language } from '../../domain/settings.ts';
import { isSameAnswer } from '../../domain/survey/answer.ts';
import { type Invitation, stateOf } from '../../domain/survey/invitation.ts';
import { type FormFault, readAnswer, shownAtField, trapField } from '../../domain/survey/read-answer.ts';
import { MOST_POSTS, withAnswer, withinTheHour, withOptOut } from '../../domain/survey/record-answer.ts';
import { MaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { traced } from '../../telemetry.ts';
import { retryUntilWritten } from '../services/change.ts';
import { followUpSoon } from './follow-up.ts';
import { findByToken } from './links.ts';
import { RecentPosts } from './recent-posts.ts';
import { isReadByPerson } from './shown-at.ts';

/** What became of a post. `late`: it says something else than the answer that can be changed no more. */
export type PostOutcome =
  | { outcome: 'recorded' | 'unchanged' | 'late' | 'expired' | 'tooMany'; invitation: Invitation }
  /** A change that most likely no person sent: what a person said stays until it is sent once more. */
  | { outcome: 'unconfirmed'; invitation: Invitation }
  | { outcome: 'invalid'; invitation: Invitation; faults: FormFault[] }
  | { outcome: 'unavailable'; invitation: Invitation }
  /** Of a page that is not there nothing is told. */
  | { outcome: 'unknown' }
  | { outcome: 'tooMany'; invitation?: undefined };

type Context = { now: Date; clock: () => Date; log: Log };

/** What a post makes of the invitation that it finds, or that there is nothing to be made. */
type Taken = Invitation | PostOutcome;
type Step = (found: Invitation) => Taken | Promise<Taken>;

const recent = new RecentPosts();

/**
 * Records what a customer answered: once, however often and by how many it is posted at the same time. The same answer again
 * is no change. Without a language it was read in the invitation's. A write that fails is an outcome, for then the page is known that shows the values again.
 * @throws MaloteError `dependency_unavailable`, `misconfigured`
 */
export function answerSurvey(
  clients: Clients,
  token: string,
  sent: { form: URLSearchParams; language: Language | undefined },
  context: Context,
): Promise<PostOutcome> {
  const { now } = context;
  const { form } = sent;
  return post(clients, token, context, async (invitation): Promise<Taken> => {
    const language = sent.language ?? invitation.language;
    const state = stateOf(invitation, now);
    if (state === 'expired') return { outcome: 'expired', invitation };
    const read = readAnswer(invitation.survey, form, language);
    const before = invitation.answer;
    const isSame = before !== null && 'answers' in read && isSameAnswer(before, read);
    const suspect = !isByPerson(clients, invitation, form, now);
    // A person who says the same once more is believed now.
    if (isSame && (!before.suspect || suspect || state === 'locked')) {
      return { outcome: 'unchanged', invitation };
    }
    if (state === 'locked') return { outcome: 'late', invitation };
    if ('faults' in read) return { outcome: 'invalid', invitation, faults: read.faults };
    if (before && !before.suspect && suspect) return { outcome: 'unconfirmed', invitation };
    const { settings } = await clients.readKeptSettings(now);
    const day = dayIn(settings.timeZone, now);
    return withAnswer(invitation, read, { now, day, language, suspect });
  });
}

/** Whether a person is likely to have sent it: who fills in what nobody sees, or is sooner done than one can read, is none. */
function isByPerson(
  { config }: Pick<Clients, 'config'>,
  { invitationId }: Invitation,
  form: URLSearchParams,
  now: Date,
): boolean {
  const isTrapped = (form.get(trapField) ?? '') !== '';
  return !isTrapped && isReadByPerson(config.secretKeys, invitationId, form.get(shownAtField), now);
}

/**
 * Notes that a customer wishes not to be asked again, whatever has become of the survey.
 * @throws MaloteError `dependency_unavailable`, `misconfigured`
 */
export function optOutOfSurveys(clients: Clients, token: string, context: Context): Promise<PostOutcome> {
  return post(clients, token, context, invitation =>
    // Without an address there is nobody to remember.
    invitation.addressHash === null || invitation.optedOutAt !== undefined
      ? { outcome: 'unchanged', invitation }
      : withOptOut(invitation, context.now),
  );
}

async function post(clients: Clients, token: string, context: Context, step: Step): Promise<PostOutcome> {
  const { now } = context;
  if (recent.of(token, now).length >= MOST_POSTS) return { outcome: 'tooMany' };
  recent.note(token, now);
  // Of those at once each round writes one at least; and what must follow is written between.
  return retryUntilWritten(() => attempt(clients, token, context, step), 2 * MOST_POSTS);
}

async function attempt(
  clients: Clients,
  token: string,
  context: Context,
  step: Step,
): Promise<PostOutcome | 'blocked'> {
  const found = await findByToken(clients, token, context.now);
  if (!found) return { outcome: 'unknown' };
  const { value: invitation, etag } = found;
  const follows = { attributes: { invitationId: invitation.invitationId }, links: [invitation.traceParent] };
  // All that this process remembers, with the one at hand, and those that others wrote.
  const own = recent.of(token, context.now);
  const others = withinTheHour(invitation.posts ?? [], context.now).filter(at => !own.includes(at));
  if (own.length + others.length > MOST_POSTS) return { outcome: 'tooMany', invitation };
  const next = await step(invitation);
  if ('outcome' in next) return next;
  const write = async () => {
    const outcome = await writeNext(clients, { value: next, etag }, context);
    if (outcome !== 'blocked' && next.answer !== invitation.answer) {
      context.log.info('survey-answered', { invitationId: next.invitationId, serviceId: next.serviceId });
    }
    return outcome;
  };
  return traced('record answer', follows, write).catch(error => {
    if (!(error instanceof MaloteError)) throw error;
    context.log.error('survey-unwritten', { invitationId: invitation.invitationId, code: error.code });
    return { outcome: 'unavailable', invitation };
  });
}

async function writeNext(
  clients: Clients,
  { value, etag }: Stored<Invitation>,
  context: Context,
): Promise<PostOutcome | 'blocked'> {
  const written = await replaceInvitation(clients.database.surveys, value, etag);
  if (written === undefined) return 'blocked';
  await followUpSoon(clients, { value, etag: written }, context);
  return { outcome: 'recorded', invitation: value };
}
