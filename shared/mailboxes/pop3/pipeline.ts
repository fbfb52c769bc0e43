// Many POP3 commands at once where the server takes them (RFC 2449 6.8 PIPELINING), one after the other where it does not.
import type { Pop3Client } from './client.ts';

/** Commands sent ahead of their responses; more gain nothing, and hold mails in memory that nobody waits for yet. */
const IN_FLIGHT = 16;

/** How many commands may be under way at once. */
export function widthOf(client: Pop3Client): number {
  return client.capabilities.has('PIPELINING') ? IN_FLIGHT : 1;
}

/** Runs a command for each item and gives the results in their order. */
export async function* inOrder<Item, Result>(
  client: Pop3Client,
  items: Item[],
  run: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const width = widthOf(client);
  const running: Promise<Result>[] = [];
  for (const item of items) {
    const result = run(item);
    // A lost connection fails them all; it is told by the first that is waited for.
    result.catch(() => {});
    running.push(result);
    if (running.length < width) continue;
    const [first] = running.splice(0, 1);
    if (first !== undefined) yield await first;
  }
  for (const result of running) yield await result;
}
