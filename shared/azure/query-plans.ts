// No plan is asked for where none is looked at: the database's SDK asks for one beside the first page of every query.
import type { HttpClient, PipelineRequest } from '@azure/core-rest-pipeline';

/** In a request for a plan only where it was put there: the SDK itself names the partition to the query alone. */
const partitionHeader = 'x-ms-documentdb-partitionkey';

/** Options for a query within one partition, whose plan is not asked for. */
export function withinPartition(partitionKey: string) {
  return { partitionKey, initialHeaders: { [partitionHeader]: JSON.stringify([partitionKey]) } };
}

/**
 * A client that answers itself, with a refusal, when a query within one partition asks for its plan. The SDK looks at a plan only
 * when the query itself is refused because it spans partitions and does more than select (`needsQueryPlan` in its
 * queryIterator.js, 4.10.1): it would then give what says this refusal as the reason.
 */
export function sparingPlans(
  client: HttpClient,
  createHeaders: typeof import('@azure/core-rest-pipeline').createHttpHeaders,
): HttpClient {
  const refusal = JSON.stringify({
    code: 'BadRequest',
    message: 'A query within one partition has no plan.',
  });
  return {
    sendRequest: async request =>
      isPlanWithinPartition(request)
        ? { request, status: 400, headers: createHeaders(), bodyAsText: refusal }
        : client.sendRequest(request),
  };
}

function isPlanWithinPartition({ headers }: PipelineRequest): boolean {
  return headers.has('x-ms-cosmos-is-query-plan-request') && headers.has(partitionHeader);
}
