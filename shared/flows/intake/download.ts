// From the server to safety: raw to Blob, parsed from the very bytes stored, attachments beside it.
import type { Readable } from 'node:stream';
import { attachmentPath, rawPath, readBlob, readBody, writeOnce } from '../../azure/blobs.ts';
import type { Share } from '../../budget.ts';
import type { MailKey } from '../../domain/ids.ts';
import { mailKeyOf } from '../../domain/mail/key.ts';
import { sha256Hex } from '../../domain/mail/ledger-record.ts';
import type { Mail } from '../../domain/mail/mail.ts';
import type { Care } from '../../domain/mailbox/suspects.ts';
import { authenticatorOf } from '../../domain/service/authenticator.ts';
import { MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import type { Listed } from '../../mailboxes/session.ts';
import type { ParsedMail } from '../../mime/parse.ts';
import { failed, traced } from '../../telemetry.ts';
import { BATCH_BYTES, type Batch } from './batches.ts';
import { NO_ROOM, type Raw, type Spool, withSpool, writeToDisk } from './spool.ts';
import type { IntakeContext, Visit } from './visit.ts';

const MOST_HELD_BYTES = 2 * BATCH_BYTES;
/** The defect of a mail that nobody looked into, for that had failed too often. */
export const NOT_PARSED = 'not_parsed';

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

/**
 * What came of a download. What fails does not stop the others: `downloaded` go on, `failure` is the first reason why the
 * rest did not, `refused` are those that a store will never take, `putOff` those that others do not wait for, as they take long to
 * parse or the disk is full, `leftOut` those that the server did not give among others.
 */
export type Downloaded = {
  downloaded: DownloadedMail[];
  refused: { listed: Listed; error: MaloteError }[];
  putOff: Listed[];
  leftOut: Listed[];
  failure: MaloteError | undefined;
};

/** A download under way. */
export type Download = {
  /** The session is free for other work, or failed. Never rejects. */
  fetched: Promise<MaloteError | undefined>;
  /** All that came is safe with us. */
  done: Promise<Downloaded>;
};

/** Begins to download mails and to make them safe. @param room what was taken for them */
export function beginDownload(visit: Visit, mails: Listed[], batch: Batch, room: Share): Download {
  const fetched = Promise.withResolvers<MaloteError | undefined>();
  const result: Downloaded = { downloaded: [], refused: [], putOff: [], leftOut: [], failure: undefined };
  const download = async () => {
    if (mails.length === 0) return;
    await traced('download', { attributes: { mails: mails.length } }, async span => {
      await (batch.large
        ? downloadAlone(visit, result, mails, batch, room)
        : downloadTogether(visit, result, mails, batch, fetched.resolve));
      if (result.failure) failed(span, result.failure.code);
    });
  };
  const done = download()
    .catch(error => {
      result.failure ??= toMaloteError(error);
    })
    .then(() => {
      fetched.resolve(undefined);
      return result;
    });
  return { fetched: fetched.promise, done };
}

/** Waits until all that came is safe, and streams what was left out: gone meanwhile, or longer than the server told. */
export async function finishDownload(visit: Visit, { done }: Download, batch: Batch): Promise<Downloaded> {
  const result = await done;
  if (!result.failure) await downloadAlone(visit, result, result.leftOut, batch);
  return result;
}

/** @param free told when the session is free again, with why it is of no use any more */
async function downloadTogether(
  visit: Visit,
  result: Downloaded,
  mails: Listed[],
  batch: Batch,
  free: (failure: MaloteError | undefined) => void,
): Promise<void> {
  const byId = new Map(mails.map(listed => [listed.id, listed]));
  const pending: Promise<void>[] = [];
  let heldBytes = 0;
  let broken: MaloteError | undefined;
  try {
    for await (const { id, raw } of visit.session.fetch([...byId.keys()])) {
      const listed = byId.get(id);
      if (!byId.delete(id) || !listed) continue;
      const inMemory = { content: { bytes: raw }, sizeBytes: raw.byteLength, sha256: sha256Hex(raw) };
      pending.push(settle(result, listed, keepAndParse(visit, listed, inMemory, batch)));
      heldBytes += raw.byteLength;
      // Only where the server told too small sizes; the batch was planned to be held as a whole.
      if (heldBytes > MOST_HELD_BYTES) {
        await Promise.all(pending);
        heldBytes = 0;
      }
    }
  } catch (error) {
    broken = toMaloteError(error);
    result.failure ??= broken;
  }
  free(broken);
  await Promise.all(pending);
  result.leftOut.push(...byId.values());
  result.downloaded.sort((a, b) => mails.indexOf(a.listed) - mails.indexOf(b.listed));
}

async function downloadAlone(
  visit: Visit,
  result: Downloaded,
  mails: Listed[],
  batch: Batch,
  room?: Share,
): Promise<void> {
  for (const listed of mails) await settle(result, listed, downloadLarge(visit, listed, batch, room));
}

async function settle(
  result: Downloaded,
  listed: Listed,
  made: Promise<DownloadedMail | 'putOff' | undefined>,
): Promise<void> {
  try {
    const mail = await made;
    if (mail === 'putOff') result.putOff.push(listed);
    else if (mail) result.downloaded.push(mail);
  } catch (error) {
    const ours = toMaloteError(error);
    if (traitsOf(ours.code).fault === 'mail') result.refused.push({ listed, error: ours });
    else result.failure ??= ours;
  }
}

/**
 * A large mail goes over the disk, never through memory as a whole. @returns undefined when it has left the folder
 * @throws MaloteError `dependency_unavailable` when the disk was full in the middle of it, and a maildrop's connection ended by that
 */
async function downloadLarge(
  visit: Visit,
  listed: Listed,
  batch: Batch,
  room?: Share,
): Promise<DownloadedMail | 'putOff' | undefined> {
  let stream: Readable | undefined;
  const made = await withSpool(visit, listed.sizeBytes, room, async spool => {
    stream = await visit.session.stream(listed.id);
    return stream && keepAndParse(visit, listed, await writeToDisk(stream, spool), batch, spool);
  });
  if (made !== NO_ROOM) return made;
  // POP3 gives a mail as a whole: who does not read it to its end hangs up.
  if (visit.session.maildrop && stream?.readableEnded === false) throw diskFull();
  return 'putOff';
}

async function keepAndParse(
  visit: Visit,
  listed: Listed,
  fresh: Raw,
  batch: Batch,
  spool?: Spool,
): Promise<DownloadedMail | 'putOff'> {
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
  if (!parsed) return 'putOff';
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
  care: Care,
  storedBefore: Date,
): Promise<DownloadedMail> {
  const reopened = await withSpool(context, listed.sizeBytes, undefined, async spool => {
    const raw = await readStored(context, key, spool);
    const parsed = await parseAlone(context, raw, care, spool);
    await keepAttachments(context, key, parsed);
    const { sizeBytes: rawSizeBytes, sha256: rawSha256 } = raw;
    const { mail, confirmedDomain } = parsed;
    return { listed, key, mail, confirmedDomain, rawSizeBytes, rawSha256, storedBefore };
  });
  if (reopened === NO_ROOM) throw diskFull();
  return reopened;
}

function diskFull(): MaloteError {
  return new MaloteError('dependency_unavailable', 'The disk of the app is full; the mail comes again.');
}

/** Parses a mail that nobody waits for; one that ended workers is not looked into. */
function parseAlone(
  context: IntakeContext,
  raw: Raw,
  care: Care,
  spool: Spool | undefined,
): Promise<ParsedMail> {
  const { parser } = context.clients;
  if (care === 'rawOnly') {
    return parser.skim(raw.content, { code: NOT_PARSED, message: 'Not parsed: two attempts at it failed.' });
  }
  const options = parseOptionsOf(context);
  return parser.parse(raw.content, spool === undefined ? options : { ...options, spool: spool.folder });
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

async function readStored(context: IntakeContext, key: MailKey, spool: Spool | undefined): Promise<Raw> {
  const { body } = await readBlob(context.clients.mails, rawPath(key));
  try {
    if (spool !== undefined) return await writeToDisk(body, spool, 'stored');
    const bytes = await readBody(body);
    return { content: { bytes }, sizeBytes: bytes.byteLength, sha256: sha256Hex(bytes) };
  } catch (cause) {
    throw new MaloteError('dependency_unavailable', 'Blob Storage broke off a raw.', { cause });
  }
}
