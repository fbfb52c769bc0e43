// A request as a span in the host's trace; one that a failure of ours answered is a failed one.
import type { InvocationContext } from '@azure/functions';
import { failed, traced } from '../telemetry.ts';
import { watched } from '../watch.ts';

/** Answers a request in a span that is called like its function. */
export async function tracedRequest<Response extends { status: number }>(
  { functionName, traceContext }: InvocationContext,
  answer: () => Promise<Response>,
): Promise<Response> {
  await watched();
  return traced(functionName, { parent: traceContext?.traceParent }, async span => {
    const response = await answer();
    span.setAttribute('status', response.status);
    if (response.status >= 500) failed(span, String(response.status));
    return response;
  });
}
