// What the database charges for something, as the stand-in counts it.
import type { Cosmos } from '../local/cosmos/server.ts';

/** @returns `units (requests)`, and which requests those were */
export async function costOf(
  { charges }: Pick<Cosmos, 'charges'>,
  run: () => Promise<unknown>,
): Promise<{ figure: string; operations: string }> {
  charges.take();
  await run();
  const charged = [...charges.take()].filter(([operation]) => !/^(metadata|plan)/.test(operation));
  const sum = (of: 'units' | 'requests') => charged.reduce((total, [, charge]) => total + charge[of], 0);
  return {
    figure: `${sum('units').toFixed(0)} (${sum('requests')})`,
    operations: charged.map(([operation, { requests }]) => `${requests} ${operation}`).join(', '),
  };
}
