// Mails in a folder of Microsoft 365: which there are, and their bytes.
// https://learn.microsoft.com/graph/api/user-list-messages https://learn.microsoft.com/graph/outlook-get-mime-message
import { Readable } from 'node:stream';
import { MaloteError } from '../../errors.ts';
import { LARGEST_IN_BATCH_BYTES, LARGEST_MAIL_BYTES } from '../limits.ts';
import type { Envelope } from '../session.ts';
import type { GraphClient, ListPage, Query } from './client.ts';
import { isNotFound } from './errors.ts';

/** A mail as Graph lists it. */
export type Message = {
  id: string;
  receivedDateTime?: string;
  isDraft?: boolean;
  singleValueExtendedProperties?: { id: string; value: string }[];
};

/** The most that Graph gives. */
const PAGE_MAILS = 1000;
/** Asks for the sizes of mails. */
export const withSizes: Query = {
  // PidTagMessageSize ([MS-OXPROPS]): what Exchange keeps of a mail, roughly as long as its MIME.
  $expand: "singleValueExtendedProperties($filter=id eq 'Integer 0x0E08')",
};

/** The mails of a folder that were received at `from` or later, and before `to`; oldest first, page by page. Drafts too. */
export function listMessages(
  client: GraphClient,
  folderId: string,
  { from, to }: { from: Date; to?: Date },
  query: Query = {},
): AsyncGenerator<ListPage<Message>> {
  const until = to ? ` and receivedDateTime lt ${to.toISOString()}` : '';
  return client.pages<Message>(`mailFolders/${encodeURIComponent(folderId)}/messages`, {
    $filter: `receivedDateTime ge ${from.toISOString()}${until}`,
    $orderby: 'receivedDateTime asc',
    $select: 'id,receivedDateTime,isDraft',
    $top: PAGE_MAILS,
    ...query,
  });
}

/** When a mail came; one without a date is taken in as if it came now, rather than never. */
export function receivedAt({ receivedDateTime = '' }: Message, now: Date): Date {
  const date = new Date(receivedDateTime);
  return Number.isNaN(date.getTime()) ? now : date;
}

/** As Exchange counts it, which is not what its MIME has. */
export function sizeBytes({ singleValueExtendedProperties: [size] = [] }: Message): number {
  return Number(size?.value ?? 0) || 0;
}

/** Who wrote a mail, and what about; undefined when it is gone. */
export async function readEnvelope(client: GraphClient, immutableId: string): Promise<Envelope | undefined> {
  const path = `messages/${encodeURIComponent(immutableId)}`;
  const told = await client.get<Told>(path, { $select: 'subject,from' }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    return undefined;
  });
  return told && { from: told.from?.emailAddress?.address ?? '', subject: told.subject ?? '' };
}

type Told = { subject?: string | null; from?: { emailAddress?: { address?: string } } | null };

/** The bytes of a mail; undefined when it is gone, empty, or too long to be held. */
export async function readMail(client: GraphClient, immutableId: string): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of (await openMail(client, immutableId)) ?? []) {
    pieces.push(piece);
    sizeBytes += piece.byteLength;
    // Leaving the loop ends the download.
    if (sizeBytes >= LARGEST_IN_BATCH_BYTES) return undefined;
  }
  return sizeBytes > 0 ? Buffer.concat(pieces) : undefined;
}

/** The bytes of a mail as they come; undefined when it is gone. Fails with MaloteErrors. */
export async function streamMail(client: GraphClient, immutableId: string): Promise<Readable | undefined> {
  const body = await openMail(client, immutableId);
  return body && Readable.fromWeb(body.pipeThrough(plausibleMail()));
}

/** Whether the bytes of a mail are given to us. */
export async function isReadable(client: GraphClient, immutableId: string): Promise<boolean> {
  try {
    const body = await openMail(client, immutableId);
    await body?.cancel();
    return body !== undefined;
  } catch {
    return false;
  }
}

async function openMail(
  client: GraphClient,
  immutableId: string,
): Promise<ReadableStream<Uint8Array> | undefined> {
  try {
    return await client.open(`messages/${encodeURIComponent(immutableId)}/$value`);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Lets a mail through that has something in it, and an end. */
function plausibleMail(): TransformStream<Uint8Array, Uint8Array> {
  let sizeBytes = 0;
  return new TransformStream({
    transform(piece, controller) {
      sizeBytes += piece.byteLength;
      if (sizeBytes > LARGEST_MAIL_BYTES) {
        throw new MaloteError('protocol_violation', 'Microsoft Graph does not come to the end of a mail.');
      }
      controller.enqueue(piece);
    },
    flush() {
      if (sizeBytes > 0) return;
      throw new MaloteError('protocol_violation', 'Microsoft Graph gives a mail with nothing in it.');
    },
  });
}
