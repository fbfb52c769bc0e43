// The HTTP client of the database and of Blob Storage: a connection that rests is dropped before its server does so, and what
// the end of a connection left without an answer is sent again.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { toCompatResponse } from '@azure/core-http-compat';
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';
import type { IHttpClient } from '@azure/storage-blob';
import { countRepeat, countThrottled } from './repeats.ts';

// Servers close what rests: the database's gateway after some two minutes (azure-cosmosdb-node#102), load balancers after four
// (https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-idle-timeout), a server of Node after five seconds. A
// request written at that moment is answered by a reset, and nobody says whether it was read.

/**
 * How long a connection may rest. The agents of the SDKs have no such time and keep a connection for ever; nor does Node's
 * agent then look at the `Keep-Alive: timeout=5` that a server sends (`keepSocketAlive` in its lib/_http_agent.js). With one
 * it drops the connection after the shorter of the two, a second early.
 */
const LONGEST_REST_MS = 30_000;

/** An agent whose connections rest no longer than that. */
export function keptAgent(protocol: string): HttpAgent {
  const options = { keepAlive: true, timeout: LONGEST_REST_MS };
  return protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
}

/** Waits before a request is sent again: at once, and once more where a gateway is just being replaced. */
const WAITS_MS = [0, 100];

/**
 * A client that sends a request again, over a new connection, when the old one ended before the whole answer was here. It may
 * have been carried out: that is for those who write to know (`batch.ts` tells an own write from another's). Other
 * failures are left to the SDKs.
 */
export function openHttpClient(): HttpClient {
  const client = createDefaultHttpClient();
  const plain = { kept: keptAgent('http:'), single: new HttpAgent() };
  const secure = { kept: keptAgent('https:'), single: new HttpsAgent() };
  return { sendRequest };

  async function sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
    const { kept, single } = /^http:/i.test(request.url) ? plain : secure;
    request.agent = kept;
    for (const waitMs of WAITS_MS) {
      try {
        const response = await client.sendRequest(request);
        // Of the database too many request units (429), of Blob Storage too many requests (503, `ServerBusy`).
        if (response.status === 429 || response.status === 503) countThrottled();
        return response;
      } catch (error) {
        if (!isConnectionEnded(error) || !canBeSentAgain(request)) throw error;
      }
      await sleep(waitMs);
      countRepeat();
      request.agent = single;
    }
    return client.sendRequest(request);
  }
}

/**
 * The same client in the words of an earlier generation of SDKs, in which Blob Storage's still asks for one. That SDK has no time for
 * a connection that falls silent: it tells its own to the service alone.
 * @param answerMs how long an answer is waited for, without the time that it takes to send a request
 */
export function openCompatHttpClient(answerMs: number): IHttpClient {
  const client = openHttpClient();
  return {
    sendRequest: async request => {
      const headers = createHttpHeaders(request.headers.toJson({ preserveCase: true }));
      const { keepAlive: _, ...options } = request;
      const sent = createPipelineRequest({ ...options, headers, allowInsecureConnection: true });
      // The SDK knows what it asked for by the very request that it handed out.
      return { ...toCompatResponse(await inTime(sent, answerMs, client)), request };
    },
  };
}

/** Of what is sent each megabyte may take a second more. */
const SENT_BYTES_PER_MS = 1000;

/** Sends a request; without an answer in time it fails as a connection does. How long the body of an answer takes is the reader's concern. */
async function inTime(
  request: PipelineRequest,
  answerMs: number,
  client: HttpClient,
): Promise<PipelineResponse> {
  const late = new AbortController();
  const signals = [late.signal, ...(request.abortSignal ? [request.abortSignal as AbortSignal] : [])];
  const sentMs = Number(request.headers.get('content-length') ?? 0) / SENT_BYTES_PER_MS;
  const timer = setTimeout(() => late.abort(), answerMs + sentMs);
  try {
    return await client.sendRequest({ ...request, abortSignal: AbortSignal.any(signals) });
  } catch (error) {
    if (!late.signal.aborted) throw error;
    throw new RestError('No answer came in time.', { code: 'ETIMEDOUT', request });
  } finally {
    clearTimeout(timer);
  }
}

/** Reset or closed before an answer (`ECONNRESET`, also "socket hang up"), while writing (`EPIPE`), or amid the answer. */
export function isConnectionEnded(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === RestError.PARSE_ERROR;
}

/** A stream that was begun cannot be read again; a function makes a new one for every try. */
function canBeSentAgain({ body, abortSignal }: PipelineRequest): boolean {
  const isStream = typeof body === 'object' && body !== null && 'pipe' in body;
  return !isStream && !abortSignal?.aborted;
}
