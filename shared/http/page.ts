// What a request for a page goes through: anybody may ask, and whatever happens a page is the answer.
import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { type Clients, getClients } from '../clients.ts';
import { type MaloteError, toMaloteError, traitsOf } from '../errors.ts';
import { createLog, type Log } from '../log.ts';
import { discardBody } from './body.ts';

type Page = { status: number; language: string; html: string; contentSecurityPolicy: string };

export type PageRequest = {
  clients: Clients;
  query: URLSearchParams;
  headers: HttpRequest['headers'];
  now: Date;
  clock: () => Date;
  log: Log;
};

type Handlers = {
  show: (request: PageRequest) => Promise<Page>;
  /** The page for a failure. It must not fail itself. */
  showFailure: (error: MaloteError, status: number, headers: HttpRequest['headers']) => Page;
};

/** The handler to register with Functions. It never throws, and what it answers stays with whoever asked. */
export function page({ show, showFailure }: Handlers): HttpHandler {
  return async (request, context) => {
    const started = performance.now();
    const log = createLog((level, line) => context[level](line), { function: context.functionName });
    const { headers, query } = request;
    const clock = () => new Date();
    const attempt = async () =>
      show({ clients: await getClients(), query, headers, now: clock(), clock, log });
    const answer = await attempt().catch(thrown => {
      const error = toMaloteError(thrown);
      const message = error.code === 'internal' ? undefined : error.message;
      log.error('request-failed', { code: error.code, message });
      return showFailure(error, traitsOf(error.code).status, headers);
    });
    await discardBody(request).catch(() => {});
    log.info('request', { status: answer.status, durationMs: Math.round(performance.now() - started) });
    return toResponse(answer);
  };
}

/** The same for a page that needs nothing, not even settings, and so cannot fail. */
export function plainPage(show: (headers: HttpRequest['headers']) => Page | Promise<Page>): HttpHandler {
  return async request => {
    const answer = await show(request.headers);
    await discardBody(request).catch(() => {});
    return toResponse(answer);
  };
}

function toResponse({ status, language, html, contentSecurityPolicy }: Page): HttpResponseInit {
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
    },
    body: html,
  };
}
