// Which properties a container has an index of, as infra/entities.json lists their paths, and that queries ask for no others.
// Paths: https://learn.microsoft.com/azure/cosmos-db/index-policy#include-exclude-paths
import type { ContainerDefinition } from './container-definition.ts';
import { badRequest } from './cosmos-error.ts';
import { operandsOf } from './sql/operands.ts';
import type { Path, Query } from './sql/syntax.ts';

/** Whether a property is in the index. `a/?` is a value, `a/[]/?` those of a list, `a/*` all below. Without a list everything is. */
export function isIndexed({ indexedPaths }: ContainerDefinition, path: Path): boolean {
  const own = `/${path.join('/')}`;
  // These two always are.
  if (!indexedPaths || own === '/id' || own === '/_ts') return true;
  return indexedPaths.some(indexed => {
    if (indexed.endsWith('/*')) return own === indexed.slice(0, -2) || own.startsWith(indexed.slice(0, -1));
    return own === indexed.replace(/(\/\[\])?\/\?$/, '');
  });
}

/**
 * Refuses what the service would answer by reading every item of a partition (a condition), or refuse as well (an order): no test
 * passes by a query that is dear in production.
 */
export function refuseUnindexed(definition: ContainerDefinition, { where, orderBy }: Query): void {
  const paths = (where ? operandsOf(where) : []).flatMap(operand =>
    operand.kind === 'constant' ? [] : [operand.path],
  );
  if (orderBy) paths.push(orderBy.path);
  const missing = paths.find(path => path.length > 0 && !isIndexed(definition, path));
  if (missing === undefined) return;
  const path = `/${missing.join('/')}`;
  throw badRequest(
    `The container '${definition.id}' has no index of ${path}: add "${path}/?" to its indexedPaths in infra/entities.json.`,
  );
}
