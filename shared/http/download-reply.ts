// A stored file as a response: streamed, saved rather than shown, and harmless should a browser show it all the same.
import type { Readable } from 'node:stream';
import type { Reply } from './answered.ts';

/** What is known of a stored file. */
type File = { type: string; sizeBytes: number; body: Readable; name?: string; sha256?: string };

/** The response for a file of a mail: offered for saving, whatever it is. `name` unless it has its own. */
export function downloadReply(file: File, name = 'file'): Reply {
  const reply = jsonReply(file);
  const disposition = `attachment; filename*=UTF-8''${encode(file.name ?? name)}`;
  return { ...reply, headers: { ...reply.headers, 'content-disposition': disposition } };
}

/** The response for JSON that we made. */
export function jsonReply({ type, sizeBytes, body, sha256 }: File): Reply {
  return {
    headers: {
      'content-type': type,
      'content-length': String(sizeBytes),
      'content-security-policy': "sandbox; default-src 'none'",
      ...(sha256 === undefined ? {} : { etag: `"${sha256}"` }),
    },
    body,
  };
}

/** RFC 8187 3.2.1: what encodeURIComponent leaves alone but `attr-char` does not allow. */
function encode(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
