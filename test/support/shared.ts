// What test files of one process have together: started by the first that wants it, closed after the last.
import { after } from 'node:test';

type Closable = { close: () => Promise<void> };

/**
 * Gives what is called at the top of a test file. Files that ask for the same have the same, `keyOf` says by what it is known;
 * whoever asks for what is known by undefined has it alone.
 */
export function shared<Options, Thing extends Closable>(
  start: (options: Options) => Promise<Thing>,
  keyOf: (options: Options) => string | undefined,
): (options: Options) => Promise<Thing> {
  const used = new Map<string, { thing: Promise<Thing>; users: number }>();
  return async options => {
    const key = keyOf(options);
    const use = (key !== undefined && used.get(key)) || { thing: start(options), users: 0 };
    if (key !== undefined) used.set(key, use);
    use.users += 1;
    after(async () => {
      use.users -= 1;
      if (use.users > 0) return;
      if (key !== undefined) used.delete(key);
      await (await use.thing).close();
    });
    return use.thing;
  };
}
