// The HTTP side: who asks, whether they may, whether a fault is due, and the answer on its way out.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Fault, Faults } from '../faults.ts';
import { badRequest, GraphError, throttled } from './graph-error.ts';
import type { Mailbox } from './mailbox.ts';
import { streamOf } from './mime-content.ts';
import type { Answer, GraphRequest } from './operation.ts';
import type { Permissions } from './permissions.ts';
import type { RequestLog } from './request-log.ts';
import { type Route, route } from './router.ts';
import type { Throttling } from './throttling.ts';
import type { TokenCheck } from './token-check.ts';

export type Service = {
  origin: string;
  /** By address in lower case. */
  mailboxes: ReadonlyMap<string, Mailbox>;
  tokens: TokenCheck;
  permissions: Permissions;
  throttling: Throttling;
  log: RequestLog;
  faults: Faults;
  pageLimit: () => number;
};

export async function answerRequest(
  service: Service,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  setCommonHeaders(incoming, outgoing);
  try {
    const body = await text(incoming);
    const caller = await service.tokens.verify(incoming.headers.authorization);
    const url = new URL(incoming.url ?? '', service.origin);
    if (incoming.method === 'POST' && !incoming.headers['content-type']?.startsWith('application/json')) {
      throw badRequest('Write requests (excluding DELETE) must contain the Content-Type header declaration.');
    }
    const found = route(incoming.method ?? '', url.pathname);
    const mailbox = found.user.toLowerCase();
    const logged = {
      operation: found.operation.name,
      method: found.operation.method,
      path: incoming.url ?? '',
      mailbox,
      clientId: caller.clientId,
      prefer: incoming.headers.prefer?.toString(),
      inFlight: service.throttling.inFlightWithNext(caller.clientId, mailbox),
      status: 0,
    };
    service.log.add(logged);
    outgoing.once('finish', () => {
      logged.status = outgoing.statusCode;
    });
    const leave = service.throttling.enter(caller.clientId, mailbox);
    try {
      const perform = () => {
        const opened = openMailbox(service, mailbox);
        service.permissions.check(caller, mailbox, found.operation.method !== 'GET');
        return found.operation.perform(requestOf(service, incoming, found, opened, url, body));
      };
      const fault = service.faults.take(`${found.operation.name} ${mailbox}`);
      await performWith(fault, perform, outgoing, leave);
    } finally {
      leave();
    }
  } catch (error) {
    refuse(outgoing, error);
  }
}

function requestOf(
  { pageLimit }: Service,
  { headers }: IncomingMessage,
  { id }: Route,
  mailbox: Mailbox,
  url: URL,
  body: string,
): GraphRequest {
  const wantsImmutable = prefersImmutableIds(headers.prefer?.toString());
  return {
    mailbox,
    id,
    url,
    body,
    idOf: message => (wantsImmutable ? message.immutableId : message.ordinaryId),
    pageLimit: pageLimit(),
  };
}

function openMailbox({ mailboxes }: Service, address: string): Mailbox {
  const mailbox = mailboxes.get(address);
  if (!mailbox) throw new GraphError(404, 'ErrorInvalidUser', `The requested user '${address}' is invalid.`);
  if (mailbox.disabled) {
    const message = 'The mailbox is either inactive, soft-deleted, or is hosted on-premise.';
    throw new GraphError(404, 'MailboxNotEnabledForRESTAPI', message);
  }
  return mailbox;
}

async function performWith(
  fault: Fault | undefined,
  perform: () => Answer,
  outgoing: ServerResponse,
  leave: () => void,
): Promise<void> {
  switch (fault?.action) {
    case 'drop':
      outgoing.socket?.destroy();
      return;
    case 'dropAfter':
      await sendInPart(outgoing, perform());
      return;
    case 'refuse':
      throw new GraphError(503, 'ServiceUnavailable', 'The service is temporarily unavailable.');
    case 'throttle': {
      const message = 'Application is over its MailboxConcurrency limit.';
      throw throttled('ApplicationThrottled', message, fault.delayMs ?? 1_000);
    }
    case 'delay':
      await wait(fault.delayMs, undefined, { ref: false });
  }
  await send(outgoing, perform(), leave);
}

/** The request is over for the service before the client can know that it is: its next one is not one too many. */
async function send(outgoing: ServerResponse, answer: Answer, leave: () => void): Promise<void> {
  const { status, json, content, sizeBytes = 0 } = answer;
  if (content) {
    outgoing.writeHead(status, { 'content-type': 'text/plain' });
    await pipeline(streamOf(content, sizeBytes), outgoing, { end: false });
  } else if (json) {
    outgoing.writeHead(status, { 'content-type': jsonType });
  } else {
    outgoing.writeHead(status);
  }
  leave();
  outgoing.end(json && JSON.stringify(json));
}

/** A MIME is cut off in its middle; of any other answer nothing is sent. */
async function sendInPart(
  outgoing: ServerResponse,
  { status, content, sizeBytes = 0 }: Answer,
): Promise<void> {
  if (content) {
    outgoing.writeHead(status, { 'content-type': 'text/plain' });
    await pipeline(streamOf(content, Math.floor(sizeBytes / 2)), outgoing, { end: false });
  }
  outgoing.socket?.destroy();
}

const jsonType =
  'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';

function setCommonHeaders({ headers }: IncomingMessage, outgoing: ServerResponse): void {
  const requestId = randomUUID();
  outgoing.setHeader('request-id', requestId);
  outgoing.setHeader('client-request-id', headers['client-request-id']?.toString() ?? requestId);
  outgoing.setHeader('cache-control', 'private');
  // Without quotes, although they are needed to ask for it.
  if (prefersImmutableIds(headers.prefer?.toString())) {
    outgoing.setHeader('preference-applied', 'IdType=ImmutableId');
  }
}

function prefersImmutableIds(prefer = ''): boolean {
  return /(^|[,;\s])IdType\s*=\s*"ImmutableId"/i.test(prefer);
}

function refuse(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent || outgoing.socket?.destroyed) {
    // The client went away in the middle, or what it reads cannot be finished.
    outgoing.socket?.destroy();
    return;
  }
  const { status, code, message, headers } =
    error instanceof GraphError
      ? error
      : new GraphError(500, 'InternalServerError', `The stand-in failed: ${error}`);
  const innerError = {
    date: new Date().toISOString().slice(0, 19),
    'request-id': outgoing.getHeader('request-id'),
    'client-request-id': outgoing.getHeader('client-request-id'),
  };
  outgoing.writeHead(status, { ...headers, 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ error: { code, message, innerError } }));
}
