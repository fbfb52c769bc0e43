// What the database charges for something, as the stand-in counts it.
import type { Cosmos } from '../local/cosmos/server.ts';

/**
 * @returns request units, requests and, apart from these, how many plans of queries were asked for, which the database answers for
 *   nothing and not in no time; `figure` is `units (requests)`, and `operations` which requests those were
 */
export async function costOf({ charges }: Pick<Cosmos, 'charges'>, run: () => Promise<unknown>) {
  charges.take();
  await run();
  const all = [...charges.take()];
  const charged = all.filter(([operation]) => !/^(metadata|plan)/.test(operation));
  const sum = (of: 'units' | 'requests', some = charged) =>
    some.reduce((total, [, charge]) => total + charge[of], 0);
  const plans = sum(
    'requests',
    all.filter(([operation]) => operation.startsWith('plan')),
  );
  const [units, requests] = [sum('units'), sum('requests')];
  return {
    units,
    requests,
    plans,
    charged: new Map(charged),
    figure: `${units.toFixed(0)} (${requests})`,
    operations: charged.map(([operation, { requests }]) => `${requests} ${operation}`).join(', '),
  };
}
