// A session that broke after we had kept its server waiting: our own stores were slow, and no mailbox is to blame.
import { MaloteError } from '../errors.ts';

/**
 * From here on our silence is the likelier reason. A server may end a session after 10 minutes of it (RFC 1939 3) or 30
 * (RFC 9051 5.4), and many, and what lies between, do sooner.
 */
const LONG_MS = 30_000;

/** Runs what asks something of the server. */
type Asking = <T>(run: () => Promise<T>) => Promise<T>;

/**
 * Watches how long the server waits for us between what it is asked. What breaks after a long wait becomes
 * `dependency_unavailable`; all else that goes wrong comes as it is.
 */
export function excusingTheServer(clock: () => Date): Asking {
  let running = 0;
  let answeredAt = clock().getTime();
  let waitedMs = 0;
  return async run => {
    if (running === 0) waitedMs = clock().getTime() - answeredAt;
    running += 1;
    try {
      const answer = await run();
      waitedMs = 0;
      return answer;
    } catch (error) {
      if (waitedMs < LONG_MS || !isBroken(error)) throw error;
      const seconds = Math.round(waitedMs / 1_000);
      throw new MaloteError(
        'dependency_unavailable',
        `The mail server ended a session that we left idle for ${seconds} s.`,
        {
          cause: error,
          cure: 'Nothing to do at the mailbox: it is read again. See why the database, the bus or the blobs are slow.',
        },
      );
    } finally {
      running -= 1;
      answeredAt = clock().getTime();
    }
  };
}

function isBroken(error: unknown): boolean {
  return error instanceof MaloteError && ['connection_lost', 'mailbox_timeout'].includes(error.code);
}
