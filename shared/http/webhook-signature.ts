// Whether a call is signed with one of our secrets: Standard Webhooks, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Either way: the clocks of two machines, and what a call is on its way. */
const TOLERANCE_SECONDS = 300;
/** Of an id. */
const LONGEST_ID = 256;
/** A caller that changes its secret signs with the old one and the new. */
const MOST_SIGNATURES = 10;
const DIGEST_BYTES = 32;

/** For our log alone: the caller is told nothing but that it is refused. */
export type SignatureFault = 'missing' | 'stale' | 'mismatch';

type Signed = {
  headers: { get: (name: string) => string | null };
  /** As it came, before anybody made anything of it. */
  body: Uint8Array;
};

/**
 * Why a call is not ours to trust; undefined when one of its signatures is by one of the secrets. Signatures of versions that we do
 * not know are no concern.
 * @param secrets as they were shown, `whsec_` and base64
 */
export function signatureFault(
  { headers, body }: Signed,
  secrets: readonly string[],
  now: Date,
): SignatureFault | undefined {
  const id = headers.get('webhook-id') ?? '';
  const timestamp = headers.get('webhook-timestamp') ?? '';
  const signatures = (headers.get('webhook-signature') ?? '').split(' ').flatMap(digestIn);
  const isWhole = id !== '' && id.length <= LONGEST_ID && /^\d{1,12}$/.test(timestamp);
  if (!isWhole || signatures.length === 0) return 'missing';
  const ageSeconds = Math.floor(now.getTime() / 1000) - Number(timestamp);
  if (Math.abs(ageSeconds) > TOLERANCE_SECONDS) return 'stale';
  // All are compared: how long it takes tells nothing of which was nearest.
  const fitting = secrets
    .map(secret => digestOf(secret, `${id}.${timestamp}.`, body))
    .flatMap(digest => signatures.slice(0, MOST_SIGNATURES).map(given => timingSafeEqual(given, digest)));
  return fitting.includes(true) ? undefined : 'mismatch';
}

function digestOf(secret: string, prefix: string, body: Uint8Array): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(prefix).update(body).digest();
}

function digestIn(signature: string): Buffer[] {
  const digest = signature.startsWith('v1,') ? Buffer.from(signature.slice(3), 'base64') : undefined;
  return digest?.byteLength === DIGEST_BYTES ? [digest] : [];
}
