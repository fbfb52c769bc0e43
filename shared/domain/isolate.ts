// Finding the culprit: what is refused together is tried in halves, until each that is refused stands alone.

/** What came of a group that was tried: its result, or that it was refused as a whole and nothing was done. */
export type Attempt<Result, Refusal> = { result: Result } | { refusal: Refusal };

/**
 * Tries groups of items one after the other, in their order; a group that is refused is halved, and its halves come next.
 * @param attempt tries one group; what it throws ends everything
 * @returns what came of each group, as it comes: results of groups, refusals of single items. Whoever leaves the loop ends it
 */
export async function* isolate<Item, Result, Refusal>(
  groups: Iterable<Item[]>,
  attempt: (items: Item[]) => Promise<Attempt<Result, Refusal>>,
): AsyncGenerator<{ items: Item[] } & Attempt<Result, Refusal>> {
  const left = [...groups];
  for (let items = left.shift(); items; items = left.shift()) {
    const attempted = await attempt(items);
    if ('refusal' in attempted && items.length > 1) {
      const middle = Math.ceil(items.length / 2);
      left.unshift(items.slice(0, middle), items.slice(middle));
    } else yield { items, ...attempted };
  }
}
