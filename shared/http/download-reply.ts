// A stored file as a response: streamed, saved rather than shown, and harmless should a browser show it all the same.
import type { Readable } from 'node:stream';
import type { Reply } from './route.ts';

/** What is known of a stored file. */
type File = { type: string; sizeBytes: number; body: Readable; name?: string; sha256?: string };

/** The response for a file; `name` unless it has its own. JSON is shown, everything else offered for saving. */
export function downloadReply({ type, sizeBytes, body, name, sha256 }: File, ownName = 'file'): Reply {
  const isJson = type === 'application/json';
  return {
    headers: {
      'content-type': type,
      'content-length': String(sizeBytes),
      'content-security-policy': "sandbox; default-src 'none'",
      ...(isJson ? {} : { 'content-disposition': `attachment; filename*=UTF-8''${encode(name ?? ownName)}` }),
      ...(sha256 === undefined ? {} : { etag: `"${sha256}"` }),
    },
    body,
  };
}

/** RFC 8187 3.2.1: what encodeURIComponent leaves alone but `attr-char` does not allow. */
function encode(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
