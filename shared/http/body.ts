// The body of a request: how large, in which type, and what JSON object or form it holds.
import { Readable } from 'node:stream';
import type { HttpRequest } from '@azure/functions';
import { isJsonObject, type JsonObject } from '../domain/merge-patch.ts';
import { refusal } from '../domain/refusal.ts';
import { MaloteError } from '../errors.ts';
import { jsonFaultAt } from './json-fault.ts';
import { memberFaults } from './json-members.ts';

/** Far above any document of ours, far below what would hurt. */
const usualBytes = 256 * 1024;
/** Whoever sends more than this is not owed an answer. */
const enoughBytes = 16 * 1024 * 1024;

/**
 * Reads the JSON object in the body of a request. A PATCH is a merge patch (RFC 7396) under either of its types.
 * @param bodyOptional whether no body at all stands for an empty object
 * @param largestBytes 256 kB unless told otherwise
 * @throws MaloteError `unsupported_media_type`, `too_large`, `malformed_json`, `invalid`
 */
export async function readJsonBody(
  request: HttpRequest,
  { bodyOptional = false, largestBytes = usualBytes }: { bodyOptional?: boolean; largestBytes?: number } = {},
): Promise<JsonObject> {
  const bytes = await readBytes(request, largestBytes);
  if (bodyOptional && bytes.byteLength === 0) return {};
  return jsonIn(bytes, request);
}

/**
 * The JSON object in a body that was read.
 * @throws MaloteError `unsupported_media_type`, `malformed_json`, `invalid`
 */
export function jsonIn(bytes: Buffer, request: Pick<HttpRequest, 'method' | 'headers'>): JsonObject {
  checkType(request, [
    'application/json',
    ...(request.method === 'PATCH' ? ['application/merge-patch+json'] : []),
  ]);
  const text = decode(bytes);
  if (text.trim() === '') {
    throw new MaloteError('malformed_json', 'The body is empty; send a JSON object.');
  }
  const value = parse(text);
  if (!isJsonObject(value)) throw new MaloteError('malformed_json', 'The body must be a JSON object.');
  const faults = memberFaults(value);
  if (faults.length > 0) throw refusal('invalid', faults);
  return value;
}

/**
 * Reads the values that a browser sends of a form (HTML 4.10.22.7). Of a body that is no form all is read all the same.
 * @throws MaloteError `unsupported_media_type`, `too_large`, `malformed_json` when it breaks off
 */
export async function readFormBody(request: HttpRequest, largestBytes: number): Promise<URLSearchParams> {
  const bytes = await readBytes(request, largestBytes);
  checkType(request, ['application/x-www-form-urlencoded']);
  return new URLSearchParams(bytes.toString());
}

function checkType(request: Pick<HttpRequest, 'headers'>, types: string[]): void {
  const [type = '', ...parameters] = (request.headers.get('content-type') ?? '')
    .split(';')
    .map(part => part.trim().toLowerCase());
  const charset = parameters.find(parameter => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset);
  if (types.includes(type) && isUtf8) return;
  throw new MaloteError(
    'unsupported_media_type',
    `The body must be sent with Content-Type: ${types.join(' or ')}, in UTF-8.`,
  );
}

/** The body as it came. @throws MaloteError `too_large`; `malformed_json` when the caller hangs up before its end */
export async function readBytes(request: HttpRequest, largestBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of wholeBody(request)) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= largestBytes) chunks.push(chunk);
  }
  if (sizeBytes > largestBytes) {
    throw new MaloteError('too_large', `The body is larger than ${largestBytes / 1024} kB; send less.`);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads what nobody has read of the body, and forgets it. Answered before its end, a request loses its connection, and
 * with it the answer: the Functions library (4.16.5) leaves the rest on the socket.
 */
export async function discardBody(request: HttpRequest): Promise<void> {
  if (request.bodyUsed) return;
  for await (const _ of wholeBody(request));
}

/**
 * An answer to a request of which the body is unread: it is sent at once, and ends when the body has been read and forgotten.
 * Where there is nothing to be read it is the text itself.
 */
export function beforeDiscarding(request: HttpRequest, text: string): string | Readable {
  if (request.bodyUsed || request.body === null) return text;
  const answer = async function* () {
    yield Buffer.from(text);
    await discardBody(request).catch(() => {});
  };
  return Readable.from(answer(), { objectMode: false });
}

/**
 * The body to its end; of one that is far too long no more than `enoughBytes`, and then the connection may break.
 * @throws MaloteError `malformed_json` when the caller hangs up before its end
 */
async function* wholeBody(request: HttpRequest): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > enoughBytes) return;
      yield chunk;
    }
  } catch (cause) {
    throw new MaloteError('malformed_json', 'The body broke off before its end; send it again.', { cause });
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new MaloteError('malformed_json', 'The body is not UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may hold a password.
    const { line, column } = jsonFaultAt(text);
    throw new MaloteError(
      'malformed_json',
      `The body is not JSON from line ${line}, column ${column}; correct it there.`,
    );
  }
}
