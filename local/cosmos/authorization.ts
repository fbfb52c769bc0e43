// Who may talk to the stand-in: the account's master key by HMAC, or a bearer of an Entra token.
// https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { unauthorized } from './cosmos-error.ts';

/** Throws 401 unless the request is signed with `key` (base64) or carries a token of type `aad`. */
export function authorize(
  key: string,
  method: string,
  segments: readonly string[],
  headers: IncomingHttpHeaders,
): void {
  const { type, signature } = readAuthorization(headers.authorization ?? '');
  // Which principals have which role is decided in Azure; here any token is good, as long as there is one.
  if (type === 'aad' && signature !== '') return;
  if (type !== 'master') throw unauthorized('The authorization header is missing or of an unknown type.');

  const expected = signRequest(key, method, segments, String(headers['x-ms-date'] ?? ''));
  const given = Buffer.from(signature, 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw unauthorized(
      'The input authorization token cannot serve the request: the key is not this account’s.',
    );
  }
}

/** `type=master&ver=1.0&sig=...`, percent-encoded as a whole. A form decoder would turn base64's `+` into a space. */
function readAuthorization(header: string): { type: string; signature: string } {
  const text = decodeURIComponent(header);
  const match = /^type=(\w+)&ver=1\.0&sig=(.*)$/s.exec(text);
  return { type: match?.[1] ?? '', signature: match?.[2] ?? '' };
}

function signRequest(key: string, method: string, segments: readonly string[], date: string): Buffer {
  const { type, link } = resourceOf(segments);
  const text = `${method.toLowerCase()}\n${type}\n${link}\n${date.toLowerCase()}\n\n`;
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest();
}

/** A feed (`dbs/a/colls`) is signed by the link of its parent, a resource (`dbs/a/colls/b`) by its own. */
function resourceOf(segments: readonly string[]): { type: string; link: string } {
  const isFeed = segments.length % 2 === 1;
  const type = isFeed ? segments.at(-1) : segments.at(-2);
  return { type: type ?? '', link: segments.slice(0, isFeed ? -1 : undefined).join('/') };
}
