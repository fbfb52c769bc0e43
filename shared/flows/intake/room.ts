// Room for mails on their way: memory for those that come together, disk for one that is spooled. Taken before they are asked for.
import type { Share } from '../../budget.ts';
import type { Clients } from '../../clients.ts';
import type { Batch } from './batches.ts';

/** Whoever waits holds a connection. Then it is better given up: the mailbox comes again. */
const LONGEST_WAIT_MS = 30_000;
/** A large mail lies on the disk as it is, and what was attached to it beside it. */
export const SPOOLED_TIMES = 2;

/** Room for a batch; undefined when there is none for long. */
export function waitForRoom(clients: Clients, batch: Batch): Promise<Share | undefined> {
  if (batch.large) return waitForDisk(clients, bytesOf(batch));
  return clients.memory.take(bytesOf(batch), until(clients));
}

/** Room for a batch that can as well come later; undefined when there is none now. */
export function findRoom({ memory }: Clients, batch: Batch): Share | undefined {
  return memory.tryTake(bytesOf(batch));
}

/** Room on the disk for one mail; undefined when there is none for long. */
export function waitForDisk(clients: Clients, sizeBytes: number): Promise<Share | undefined> {
  return clients.spool.take(sizeBytes * SPOOLED_TIMES, until(clients));
}

function until({ stopping }: Clients): AbortSignal {
  return AbortSignal.any([stopping, AbortSignal.timeout(LONGEST_WAIT_MS)]);
}

function bytesOf({ mails }: Batch): number {
  return mails.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
