// What a request for a page goes through: anybody may ask, and whatever happens a page is the answer.
import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { type Clients, getClients } from '../clients.ts';
import { type MaloteError, toMaloteError, traitsOf } from '../errors.ts';
import { createLog, type Log } from '../log.ts';
import { discardBody, readFormBody } from './body.ts';
import { pathParameters } from './path-parameters.ts';
import { tracedRequest } from './traced-request.ts';

type Page = {
  status: number;
  language: string;
  html: string;
  contentSecurityPolicy: string;
  /** Besides those that every page has, or in their place. */
  headers?: Record<string, string>;
};

/** To the address that a form's sender is to look at, relative to that of the request. */
type SeeOther = { status: 303; location: string };

/** What came of a request, as far as it could be read. */
export type Asked = {
  query: URLSearchParams;
  headers: HttpRequest['headers'];
  /** Of a POST; empty where there is none. */
  form: URLSearchParams;
};

export type PageRequest = Asked & {
  clients: Clients;
  /** Parts of the path, by the names in the route's template. */
  params: Record<string, string>;
  now: Date;
  clock: () => Date;
  log: Log;
};

type Handlers = {
  show: (request: PageRequest) => Promise<Page | SeeOther>;
  /** The page for a failure. It must not fail itself. */
  showFailure: (error: MaloteError, status: number, asked: Asked) => Page;
};

/** Far above what the largest form needs of ours, far below what would hurt. */
const LARGEST_FORM_BYTES = 8 * 1024;

/**
 * The handler to register with Functions; of a POST it reads the form. It never throws, and what it answers stays with whoever
 * asked.
 */
export function page({ show, showFailure }: Handlers): HttpHandler {
  const answer = async (request: HttpRequest, context: InvocationContext) => {
    const started = performance.now();
    const log = createLog((level, line) => context[level](line), { function: context.functionName });
    const { headers, query } = request;
    const clock = () => new Date();
    const params = pathParameters(request, context);
    let form = new URLSearchParams();
    const attempt = async () => {
      if (request.method === 'POST') form = await readFormBody(request, LARGEST_FORM_BYTES);
      return show({ clients: await getClients(), params, query, headers, form, now: clock(), clock, log });
    };
    const answered = await attempt().catch(thrown => {
      const error = toMaloteError(thrown);
      const { status } = traitsOf(error.code);
      const message = error.code === 'internal' ? undefined : error.message;
      log[status < 500 ? 'info' : 'error']('request-failed', { code: error.code, message });
      return showFailure(error, status, { headers, query, form });
    });
    await discardBody(request).catch(() => {});
    log.info('request', { status: answered.status, durationMs: Math.round(performance.now() - started) });
    return toResponse(answered, request);
  };
  return (request, context) => tracedRequest(context, () => answer(request, context));
}

/** The same for a page that needs nothing, not even settings, and so cannot fail. */
export function plainPage(show: (headers: HttpRequest['headers']) => Page | Promise<Page>): HttpHandler {
  return async request => {
    const answer = await show(request.headers);
    await discardBody(request).catch(() => {});
    return toResponse(answer, request);
  };
}

function toResponse(answer: Page | SeeOther, { method }: HttpRequest): HttpResponseInit & { status: number } {
  const { status } = answer;
  if ('location' in answer) {
    return { status, headers: { location: answer.location, 'cache-control': 'no-store' } };
  }
  const { language, html, contentSecurityPolicy, headers } = answer;
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-language': language,
      'content-security-policy': contentSecurityPolicy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      vary: 'accept-language',
      ...headers,
    },
    // RFC 9110 9.3.2
    ...(method !== 'HEAD' && { body: html }),
  };
}
