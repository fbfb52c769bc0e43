// Fetches a company's logo from where the settings say it is: once, under the rules of who may be connected to, and no more than it may weigh.
import { createHash } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Logo } from '../../azure/settings-store.ts';
import type { Config } from '../../config.ts';
import { refusal } from '../../domain/refusal.ts';
import { MaloteError } from '../../errors.ts';
import { resolveHost } from '../../mailboxes/guard.ts';

/** The whole page of a survey is to stay under 14 kB. */
const LARGEST_BYTES = 8 * 1024;
const PATIENCE_MS = 5_000;

/** Images that every browser shows, by how they begin, in hex. SVG is not among them: it may hold scripts. */
const kinds = [
  // PNG (ISO/IEC 15948) 5.2
  { type: 'image/png', begins: /^89504e470d0a1a0a/ },
  { type: 'image/jpeg', begins: /^ffd8ff/ },
  // "RIFF", a size, "WEBP" (RFC 9649 2.4)
  { type: 'image/webp', begins: /^52494646.{8}57454250/ },
];

/**
 * The image at an address. Redirects are not followed, for each would be another host.
 * @throws MaloteError `invalid` of `branding.logoUrl`, with what is in the way
 */
export async function fetchLogo(logoUrl: string, limits: Config['mail']): Promise<Logo> {
  const url = new URL(logoUrl);
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  if (port !== 443 && !limits.extraPorts.includes(port)) {
    throw refused(`names port ${port}; use 443, or let the operator add it to MAIL_EXTRA_PORTS`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const address = await resolveHost(host, limits).catch(error => {
    if (!(error instanceof MaloteError)) throw error;
    throw refused(
      'names a host that is not found on the public internet; put the image where all can see it',
    );
  });
  const bytes = await download(url, address);
  const beginning = bytes.subarray(0, 16).toString('hex');
  const kind = kinds.find(({ begins }) => begins.test(beginning));
  if (!kind) throw refused('is not a PNG, JPEG or WebP image; give the address of one');
  // 128 bits name it; the whole would only make pages longer.
  return { digest: createHash('sha256').update(bytes).digest('hex').slice(0, 32), type: kind.type, bytes };
}

/** The body at an address, from the host that was vetted: its name is not looked up again. */
function download(url: URL, address: string): Promise<Buffer> {
  const family = address.includes(':') ? 6 : 4;
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      agent: false,
      headers: { accept: 'image/webp, image/png, image/jpeg', 'accept-encoding': 'identity' },
      signal: AbortSignal.timeout(PATIENCE_MS),
      lookup: (_host, { all }, done) =>
        all ? done(null, [{ address, family }]) : done(null, address, family),
    });
    request.on('error', () =>
      reject(refused(`cannot be fetched within ${PATIENCE_MS / 1000} s; check that it opens in a browser`)),
    );
    request.on('response', response => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      const fail = (predicate: string) => {
        reject(refused(predicate));
        request.destroy();
      };
      if (response.statusCode !== 200) {
        return fail(
          `is answered with status ${response.statusCode}; give the address of the image itself, without redirects`,
        );
      }
      response.on('error', () => reject(refused('breaks off before its end; try again')));
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        sizeBytes += chunk.byteLength;
        if (sizeBytes > LARGEST_BYTES)
          fail(`is larger than ${LARGEST_BYTES / 1024} kB; give a smaller image`);
      });
      response.on('end', () => resolve(Buffer.concat(chunks)));
    });
    request.end();
  });
}

function refused(predicate: string): MaloteError {
  const field = 'branding.logoUrl';
  return refusal('invalid', [{ field, message: `${field} ${predicate}.` }]);
}
