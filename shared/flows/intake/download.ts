// From the server to safety: raw to Blob, parsed from the very bytes stored, texts and attachments beside it.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { attachmentPath, type Content, rawPath, readBlob, readBody, writeOnce } from '../../azure/blobs.ts';
import type { MailKey } from '../../domain/ids.ts';
import { mailKeyOf } from '../../domain/mail/key.ts';
import { sha256Hex } from '../../domain/mail/ledger-record.ts';
import type { Mail } from '../../domain/mail/mail.ts';
import { authenticatorOf } from '../../domain/service/authenticator.ts';
import { MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import { collectAlongTheWay } from '../../garbage.ts';
import type { Listed } from '../../mailboxes/session.ts';
import type { ParsedMail } from '../../mime/parse.ts';
import { failed, traced } from '../../telemetry.ts';
import { BATCH_BYTES, type Batch } from './batches.ts';
import type { IntakeContext, Visit } from './visit.ts';

const MOST_HELD_BYTES = 2 * BATCH_BYTES;

/** A mail that is safe with us: its raw and its attachments are in Blob. */
export type DownloadedMail = {
  listed: Listed;
  key: MailKey;
  mail: Mail;
  rawSizeBytes: number;
  rawSha256: string;
  /** When an earlier attempt stored the raw; undefined when this one did. */
  storedBefore: Date | undefined;
  /** The domain of its author, if the receiving server confirms it (`mime/parse.ts`). */
  confirmedDomain: string | null;
};

/** The raw of one mail on its way to Blob. */
type Raw = { content: Content; sizeBytes: number; sha256: string };

/**
 * Downloads mails and makes them safe. What fails does not stop the others: `downloaded` go on, `failure` is the first
 * reason why the rest did not, `refused` are those that a store will never take, `slow` those that took too long to
 * parse for others to wait for them.
 */
export async function downloadMails(visit: Visit, mails: Listed[], batch: Batch): Promise<Downloaded> {
  return traced('download', { attributes: { mails: mails.length } }, async span => {
    const result = await downloadEach(visit, mails, batch);
    if (result.failure) failed(span, result.failure.code);
    return result;
  });
}

type Downloaded = {
  downloaded: DownloadedMail[];
  refused: { listed: Listed; error: MaloteError }[];
  slow: Listed[];
  failure: MaloteError | undefined;
};

async function downloadEach(visit: Visit, mails: Listed[], batch: Batch): Promise<Downloaded> {
  const downloaded: DownloadedMail[] = [];
  const slow: Listed[] = [];
  const refused: { listed: Listed; error: MaloteError }[] = [];
  let failure: MaloteError | undefined;
  const settle = async (listed: Listed, made: Promise<DownloadedMail | 'slow' | undefined>) => {
    try {
      const mail = await made;
      if (mail === 'slow') slow.push(listed);
      else if (mail) downloaded.push(mail);
    } catch (error) {
      const ours = toMaloteError(error);
      if (traitsOf(ours.code).fault === 'mail') refused.push({ listed, error: ours });
      else failure ??= ours;
    }
  };
  if (batch.large) {
    for (const listed of mails) await settle(listed, downloadLarge(visit, listed, batch));
  } else {
    const byId = new Map(mails.map(listed => [listed.id, listed]));
    const pending: Promise<void>[] = [];
    let heldBytes = 0;
    try {
      for await (const { id, raw } of visit.session.fetch([...byId.keys()])) {
        const listed = byId.get(id);
        if (!byId.delete(id) || !listed) continue;
        const inMemory = { content: { bytes: raw }, sizeBytes: raw.byteLength, sha256: sha256Hex(raw) };
        pending.push(settle(listed, keepAndParse(visit, listed, inMemory, batch)));
        heldBytes += raw.byteLength;
        // Only where the server told too small sizes; the batch was planned to be held as a whole.
        if (heldBytes > MOST_HELD_BYTES) {
          await Promise.all(pending);
          heldBytes = 0;
        }
      }
    } catch (error) {
      failure ??= toMaloteError(error);
    }
    await Promise.all(pending);
    // Left out: gone meanwhile, or longer than the server told.
    if (!failure)
      for (const listed of byId.values()) await settle(listed, downloadLarge(visit, listed, batch));
  }
  downloaded.sort((a, b) => mails.indexOf(a.listed) - mails.indexOf(b.listed));
  return { downloaded, refused, slow, failure };
}

/** A large mail goes over the disk, never through memory as a whole. @returns undefined when it has left the folder */
async function downloadLarge(
  visit: Visit,
  listed: Listed,
  batch: Batch,
): Promise<DownloadedMail | 'slow' | undefined> {
  const spool = await mkdtemp(join(tmpdir(), 'malote-'));
  try {
    const stream = await visit.session.stream(listed.id);
    if (!stream) return undefined;
    const raw = await writeToDisk(stream, join(spool, 'raw'));
    return await keepAndParse(visit, listed, raw, batch, spool);
  } finally {
    await rm(spool, { recursive: true, force: true });
  }
}

async function writeToDisk(stream: Readable, path: string): Promise<Raw> {
  const hash = createHash('sha256');
  const collect = collectAlongTheWay();
  let sizeBytes = 0;
  await pipeline(
    stream,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        sizeBytes += chunk.byteLength;
        yield chunk;
        collect(sizeBytes);
      }
    },
    createWriteStream(path),
  );
  return { content: { path }, sizeBytes, sha256: hash.digest('hex') };
}

async function keepAndParse(
  visit: Visit,
  listed: Listed,
  fresh: Raw,
  batch: Batch,
  spool?: string,
): Promise<DownloadedMail | 'slow'> {
  const { clients, service, generation } = visit;
  const key = mailKeyOf(service.id, generation, listed.id);
  const type = 'message/rfc822';
  const stored = await writeOnce(clients.mails, rawPath(key), fresh.content, { type, sha256: fresh.sha256 });
  // Bytes that are stored stay: an event may already name their digest.
  const isOther = stored.outcome === 'exists' && stored.sha256 !== fresh.sha256;
  const raw = isOther ? await readStored(visit, key, spool) : fresh;
  const { parser } = clients;
  const othersWait = batch.mails.length > 1;
  const parsed = await traced('parse', { attributes: { sizeBytes: raw.sizeBytes } }, async () =>
    othersWait
      ? parser.parseAmongOthers(raw.content, parseOptionsOf(visit))
      : parseAlone(visit, raw, batch.care, spool),
  );
  if (!parsed) return 'slow';
  await keepAttachments(visit, key, parsed);
  return {
    listed,
    key,
    mail: parsed.mail,
    confirmedDomain: parsed.confirmedDomain,
    rawSizeBytes: raw.sizeBytes,
    rawSha256: raw.sha256,
    storedBefore: stored.outcome === 'exists' ? (stored.since ?? new Date(0)) : undefined,
  };
}

/**
 * Reads a mail again whose raw was stored before, over the disk.
 * @throws MaloteError `not_found` without a raw, `dependency_unavailable`, `refused_by_store`
 */
export async function reopenStored(
  context: IntakeContext,
  listed: Listed,
  key: MailKey,
  care: Batch['care'],
  storedBefore: Date,
): Promise<DownloadedMail> {
  const spool = await mkdtemp(join(tmpdir(), 'malote-'));
  try {
    const raw = await readStored(context, key, spool);
    const parsed = await parseAlone(context, raw, care, spool);
    await keepAttachments(context, key, parsed);
    const { sizeBytes: rawSizeBytes, sha256: rawSha256 } = raw;
    const { mail, confirmedDomain } = parsed;
    return { listed, key, mail, confirmedDomain, rawSizeBytes, rawSha256, storedBefore };
  } finally {
    await rm(spool, { recursive: true, force: true });
  }
}

/** Parses a mail that nobody waits for; one that ended workers is not looked into. */
function parseAlone(
  context: IntakeContext,
  raw: Raw,
  care: Batch['care'],
  spool: string | undefined,
): Promise<ParsedMail> {
  const { parser } = context.clients;
  if (care === 'rawOnly') {
    return parser.skim(raw.content, {
      code: 'not_parsed',
      message: 'Not parsed: two attempts at it failed.',
    });
  }
  const options = parseOptionsOf(context);
  return parser.parse(raw.content, spool === undefined ? options : { ...options, spool });
}

function parseOptionsOf({ ownAddresses, service }: IntakeContext) {
  return { ownAddresses, authenticator: authenticatorOf(service.mailbox) };
}

/** Puts the attachments of a mail beside its raw. */
async function keepAttachments(
  { clients }: IntakeContext,
  key: MailKey,
  { mail, attachments }: ParsedMail,
): Promise<void> {
  await Promise.all(
    attachments.map(async (kept, number) => {
      const info = mail.attachments[number];
      if (!info) return;
      const { type, name, sha256 } = info;
      const content = 'path' in kept ? kept : { bytes: kept.content };
      await writeOnce(clients.mails, attachmentPath(key, number, sha256), content, { type, name, sha256 });
    }),
  );
}

async function readStored(context: IntakeContext, key: MailKey, spool: string | undefined): Promise<Raw> {
  const { body } = await readBlob(context.clients.mails, rawPath(key));
  try {
    if (spool !== undefined) return await writeToDisk(body, join(spool, 'stored'));
    const bytes = await readBody(body);
    return { content: { bytes }, sizeBytes: bytes.byteLength, sha256: sha256Hex(bytes) };
  } catch (cause) {
    throw new MaloteError('dependency_unavailable', 'Blob Storage broke off a raw.', { cause });
  }
}
