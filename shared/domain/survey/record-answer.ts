// An invitation with the answer to it: the first one, or another in its place.
import type { Language } from '../settings.ts';
import type { Answer } from './answer.ts';
import { type Invitation, withNews } from './invitation.ts';
import type { ReadAnswer } from './read-answer.ts';

/** As often a page may be posted to within an hour. */
export const MOST_POSTS = 10;
const HOUR_MS = 3_600_000;

/** Those of some instants (RFC 3339) that lie within the hour before `now`. */
export function withinTheHour(instants: readonly string[], now: Date): string[] {
  return instants.filter(at => now.getTime() - Date.parse(at) < HOUR_MS);
}

/** How it came: when, that day in the company's time zone, in which language, and whether it is most likely no person's. */
export type Posted = { now: Date; day: string; language: Language; suspect: boolean };

/** The invitation as it is once it was answered, with what must follow. Its state must allow it. */
export function withAnswer(invitation: Invitation, read: ReadAnswer, posted: Posted): Invitation {
  const { now, day, language, suspect } = posted;
  const at = now.toISOString();
  const before = invitation.answer;
  const answer: Answer = {
    answeredAt: before?.answeredAt ?? at,
    answeredDay: before?.answeredDay ?? day,
    changedAt: before ? at : null,
    changes: before ? before.changes + 1 : 0,
    language,
    ...read,
    suspect,
    alert: isAlert(invitation, read),
  };
  return {
    ...withNews(withPost(invitation, now), { type: before ? 'changed' : 'answered', at, answer }),
    answer,
    uncountedSince: invitation.uncountedSince ?? at,
  };
}

/** The invitation when the customer wishes not to be asked again, with what must follow. */
export function withOptOut(invitation: Invitation, now: Date): Invitation {
  const at = now.toISOString();
  return { ...withNews(withPost(invitation, now), { type: 'optedOut', at }), optedOutAt: at };
}

function withPost(invitation: Invitation, now: Date): Invitation {
  return { ...invitation, posts: [...withinTheHour(invitation.posts ?? [], now), now.toISOString()] };
}

/** Of the first question of satisfaction alone; unanswered it is none. */
function isAlert({ survey, alertBelow }: Invitation, { answers }: ReadAnswer): boolean {
  const first = survey.questions.find(({ type }) => type === 'csat');
  const score = answers.find(({ questionId }) => questionId === first?.id)?.value;
  return alertBelow !== null && typeof score === 'number' && score < alertBelow;
}
