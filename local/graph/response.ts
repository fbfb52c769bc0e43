// How answers and refusals go out: Graph's headers, JSON or MIME, and the body of an error.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { breakOff } from '../http-server.ts';
import type { GraphError } from './graph-error.ts';
import { streamOf } from './mime-content.ts';
import type { Answer } from './operation.ts';

const jsonType =
  'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';

/** What every answer carries: the ids to quote to Microsoft's support, and which preference was followed. */
export function setCommonHeaders({ headers }: IncomingMessage, outgoing: ServerResponse): void {
  const requestId = randomUUID();
  outgoing.setHeader('request-id', requestId);
  outgoing.setHeader('client-request-id', headers['client-request-id']?.toString() ?? requestId);
  outgoing.setHeader('cache-control', 'private');
  // Answered without the quotes that it has to be asked with.
  if (prefersImmutableIds(headers)) outgoing.setHeader('preference-applied', 'IdType=ImmutableId');
}

/** `Prefer: IdType="ImmutableId"`, alone or among other preferences (RFC 7240). */
export function prefersImmutableIds({ prefer }: IncomingMessage['headers']): boolean {
  return /(^|[,;\s])IdType\s*=\s*"ImmutableId"/i.test(prefer?.toString() ?? '');
}

/** `beforeEnd` is called before the client can know that the answer is whole. */
export async function send(outgoing: ServerResponse, answer: Answer, beforeEnd: () => void): Promise<void> {
  const { status, json, mime } = answer;
  if (mime) {
    outgoing.writeHead(status, { 'content-type': 'text/plain' });
    await pipeline(streamOf(mime.content, mime.sizeBytes), outgoing, { end: false });
  } else {
    outgoing.writeHead(status, json ? { 'content-type': jsonType } : {});
  }
  beforeEnd();
  outgoing.end(json && JSON.stringify(json));
}

/** Cuts the connection: in the middle of a MIME, or instead of any other answer. */
export async function sendInPart(outgoing: ServerResponse, { status, mime }: Answer): Promise<void> {
  if (mime) {
    outgoing.writeHead(status, { 'content-type': 'text/plain' });
    await pipeline(streamOf(mime.content, Math.floor(mime.sizeBytes / 2)), outgoing, { end: false });
  }
  breakOff(outgoing);
}

export function refuse(outgoing: ServerResponse, { status, code, message, headers }: GraphError): void {
  const innerError = {
    date: new Date().toISOString().slice(0, 19),
    'request-id': outgoing.getHeader('request-id'),
    'client-request-id': outgoing.getHeader('client-request-id'),
  };
  outgoing.writeHead(status, { ...headers, 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ error: { code, message, innerError } }));
}
