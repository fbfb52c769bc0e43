// Said of a mailbox that a person has to connect, first or anew.
import { MaloteError } from '../../errors.ts';

/** The cure where a consent was there once. */
export const connectAgain =
  'Connect again: POST /api/services/{id}/oauth/start, and have the address that it gives opened by the person.';
const connect =
  'Connect it: POST /api/services/{id}/oauth/start, and have the address that it gives opened by a person who may read the mailbox.';

/** Of a mailbox that no person has consented to be read, or whose tokens were kept for another place. */
export function nobodyConnected(): MaloteError {
  return new MaloteError('consent_required', 'Nobody has connected this mailbox yet.', { cure: connect });
}

/** Of a service that has to be saved before anybody can connect it. */
export function saveThenConnect(): MaloteError {
  return new MaloteError('consent_required', 'Nobody has connected this mailbox yet.', {
    cure: 'Save the service, then connect it: POST /api/services/{id}/oauth/start.',
  });
}

/** Of a mailbox whose tokens are kept, but cannot be read. */
export function connectionUnreadable(cause: unknown): MaloteError {
  const message = 'The kept tokens of this mailbox cannot be read any more.';
  return new MaloteError('consent_required', message, { cause, cure: connectAgain });
}
