// A mail of the ledger read again from its raw, for who looks at it over HTTP: by a thread of their own, and not too large ones.
import { rawPath, readBlob, readBody } from '../../azure/blobs.ts';
import type { Clients } from '../../clients.ts';
import { type MailKey, unknownMail } from '../../domain/ids.ts';
import { MaloteError } from '../../errors.ts';
import type { ParsedMail } from '../../mime/parse.ts';

/** The raw is in memory as a whole. */
const LARGEST_BYTES = 25 * 1024 * 1024;

/** @throws MaloteError `not_found` without a raw, `too_large`, `dependency_unavailable` */
export async function rereadMail(clients: Clients, key: MailKey): Promise<ParsedMail> {
  const { body, sizeBytes } = await readBlob(clients.mails, rawPath(key)).catch((error: MaloteError) => {
    throw error.code === 'not_found' ? unknownMail(key) : error;
  });
  if (sizeBytes > LARGEST_BYTES) {
    body.destroy();
    const message = `The mail is larger than ${LARGEST_BYTES / 1024 / 1024} MB; download it instead (GET /api/mails/{key}/raw).`;
    throw new MaloteError('too_large', message);
  }
  const bytes = await readBody(body);
  return clients.previewParser.parse({ bytes }, { ownAddresses: [] });
}
