// One request from its arrival to its answer: who asks, how much at once, whether a fault is due, whether they may.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Fault, type Faults, waitOut } from '../faults.ts';
import { breakOff } from '../http-server.ts';
import { badRequest, GraphError, throttled } from './graph-error.ts';
import type { Mailbox } from './mailbox.ts';
import type { Answer, Operation } from './operation.ts';
import type { Permissions } from './permissions.ts';
import type { LoggedRequest, RequestLog } from './request-log.ts';
import { prefersImmutableIds, refuse, send, sendInPart, setCommonHeaders } from './response.ts';
import { route } from './router.ts';
import { mailboxConcurrency, type Throttling } from './throttling.ts';
import type { Caller, TokenCheck } from './token-check.ts';

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

type Asked = {
  caller: Caller;
  operation: Operation;
  /** In lower case. */
  address: string;
  id: string;
  url: URL;
  body: string;
  immutableIds: boolean;
};

export async function answerRequest(
  service: Service,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  setCommonHeaders(incoming, outgoing);
  let logged: LoggedRequest | undefined;
  let leave = () => {};
  try {
    const asked = await readRequest(service, incoming);
    logged = logRequest(service, asked, incoming);
    leave = service.throttling.enter(asked.caller.clientId, asked.address);
    const fault = service.faults.take(`${asked.operation.name} ${asked.address}`);
    if (fault) await refuseOrDelay(fault);
    if (fault?.action === 'drop') {
      breakOff(outgoing);
      return;
    }
    const answer = perform(service, asked);
    if (fault?.action === 'dropAfter') {
      await sendInPart(outgoing, answer);
      return;
    }
    logged.status = answer.status;
    await send(outgoing, answer, leave);
  } catch (error) {
    leave();
    if (outgoing.headersSent) {
      // The client went away in the middle, or what it reads cannot be finished.
      breakOff(outgoing);
      return;
    }
    const refusal = refusalOf(error);
    if (logged) logged.status = refusal.status;
    refuse(outgoing, refusal);
  } finally {
    leave();
  }
}

async function readRequest({ tokens, origin }: Service, incoming: IncomingMessage): Promise<Asked> {
  const { headers, method = '' } = incoming;
  const body = await text(incoming);
  const caller = await tokens.verify(headers.authorization);
  const url = new URL(incoming.url ?? '', origin);
  const { operation, user, id } = route(method, url.pathname);
  const type = operation.sends ? 'text/plain' : 'application/json';
  if (method === 'POST' && !headers['content-type']?.startsWith(type)) {
    throw badRequest('Write requests (excluding DELETE) must contain the Content-Type header declaration.');
  }
  const immutableIds = prefersImmutableIds(headers);
  return { caller, operation, address: user.toLowerCase(), id, url, body, immutableIds };
}

function logRequest({ log, throttling }: Service, asked: Asked, incoming: IncomingMessage): LoggedRequest {
  const { caller, operation, address } = asked;
  const logged: LoggedRequest = {
    operation: operation.name,
    method: operation.method,
    path: incoming.url ?? '',
    mailbox: address,
    clientId: caller.clientId,
    prefer: incoming.headers.prefer?.toString(),
    inFlight: throttling.inFlightWithNext(caller.clientId, address),
    status: 0,
  };
  log.add(logged);
  return logged;
}

async function refuseOrDelay(fault: Fault): Promise<void> {
  const { action, delayMs } = fault;
  if (action === 'delay') await waitOut(fault);
  if (action === 'throttle') throw throttled('ApplicationThrottled', mailboxConcurrency, delayMs ?? 1_000);
  if (action === 'refuse') {
    throw new GraphError(503, 'ServiceUnavailable', 'The service is temporarily unavailable.');
  }
}

function perform({ mailboxes, permissions, pageLimit }: Service, asked: Asked): Answer {
  const { caller, operation, address, id, url, body, immutableIds } = asked;
  const mailbox = mailboxes.get(address);
  if (!mailbox) throw new GraphError(404, 'ErrorInvalidUser', `The requested user '${address}' is invalid.`);
  if (mailbox.disabled) {
    const message = 'The mailbox is either inactive, soft-deleted, or is hosted on-premise.';
    throw new GraphError(404, 'MailboxNotEnabledForRESTAPI', message);
  }
  if (operation.sends) permissions.checkSending(caller, address);
  else permissions.check(caller, address, operation.method !== 'GET');
  return operation.perform({
    mailbox,
    findMailbox: other => mailboxes.get(other),
    id,
    url,
    body,
    idOf: message => (immutableIds ? message.immutableId : message.ordinaryId),
    pageLimit: pageLimit(),
  });
}

function refusalOf(error: unknown): GraphError {
  if (error instanceof GraphError) return error;
  return new GraphError(500, 'InternalServerError', `The stand-in failed: ${error}`);
}
