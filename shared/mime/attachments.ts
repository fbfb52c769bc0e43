// Keeps the attachments of a mail while it streams by: in memory, or in files of the spool directory.

import { hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AttachmentStream, StructuredHeader } from 'mailparser';
import type { Defects } from './defects.ts';
import { mailFileName } from './file-name.ts';
import { limits } from './limits.ts';

/** The decoded bytes of one attachment: in memory, or in a file of the spool directory. */
export type AttachmentContent = { content: Uint8Array<ArrayBuffer> } | { path: string };

/** One attachment as it was kept, and what its part says about it. */
export type KeptAttachment = {
  /** As sent, or a mail's subject; null without one. */
  name: string | null;
  /** Media type; of a calendar with its method, for it says whether it invites, answers or cancels (RFC 6047 2.4). */
  type: string;
  /** Of S/MIME, what the part says it is (RFC 8551 3.2.2), lower case; empty otherwise. */
  smimeType: string;
  contentId: string | null;
  /** RFC 2557 4.2: the URL that the HTML may use for it. */
  location?: string | undefined;
  /** Whether the sender wants it shown where it stands. */
  inlineMedia: boolean;
  /** Whether that place is among the parts, not inside the HTML. */
  betweenParts: boolean;
  sizeBytes: number;
  sha256: string;
  content: AttachmentContent;
};

/** A part that reports on a mail or returns it: what classification reads, wherever the bytes are kept. */
export type Report = {
  /** Media type, lower case. */
  type: string;
  /** Its first bytes, decoded. */
  beginning: Buffer;
};

const reportType =
  /^(?:message\/(?:(?:global-)?(?:delivery-status|disposition-notification|headers)|feedback-report|rfc822|global|rfc822-headers)|text\/rfc822-headers?)$/;

/** The attachments of one mail, in the order they stand. */
export class Attachments {
  readonly kept: KeptAttachment[] = [];
  /** Reports and returned mails, at most `limits.reports`. */
  readonly reports: Report[] = [];
  #spool: string | undefined;
  #files = 0;
  #calendars = new Map<string, KeptAttachment>();
  #defects: Defects;

  /** @param spool a directory that exists and is the caller's to remove; without it everything is kept in memory */
  constructor(spool: string | undefined, defects: Defects) {
    this.#spool = spool;
    this.#defects = defects;
  }

  /** Keeps an attachment whose digest mailparser computes as SHA-256. Rejects when the spool cannot be written. */
  async keep(part: AttachmentStream): Promise<void> {
    if (this.#full()) {
      for await (const _chunk of part.content);
      return;
    }
    const type = mediaType(part.contentType);
    if (type === 'message/partial')
      this.#defects.add('message_partial', 'The mail is a piece of a larger one, which came in several.');
    const content = await this.#store(part.content);
    if (reportType.test(type) && this.reports.length < limits.reports)
      this.reports.push({ type, beginning: await readBeginning(content) });
    const inlineMedia = part.contentDisposition === 'inline' && /^(?:image|audio|video)\//.test(type);
    const params = parametersOf(part);
    const isMail = /^message\/(?:rfc822|global)$/.test(type);
    const kept: KeptAttachment = {
      name: part.filename ?? (isMail ? mailFileName(await readBeginning(content)) : null),
      type: type === 'text/calendar' ? withMethod(type, params.method) : type,
      smimeType: (params['smime-type'] ?? '').toLowerCase(),
      contentId: part.cid?.slice(0, 255) || null,
      location: locationOf(part),
      inlineMedia,
      betweenParts: inlineMedia && !part.related,
      sizeBytes: part.size ?? 0,
      sha256: part.checksum ?? '',
      content,
    };
    const isCalendar = type === 'text/calendar' || type === 'application/ics';
    if (!isCalendar || !(await this.#sameCalendar(kept))) this.kept.push(kept);
  }

  /** Adds a file that was found inside a text or another file. */
  async addFile(
    name: string | null,
    content: Buffer,
    type = 'application/octet-stream',
    contentId: string | null = null,
  ): Promise<void> {
    if (this.#full()) return;
    this.kept.push({
      name,
      type: mediaType(type),
      smimeType: '',
      contentId: contentId?.slice(0, 255) || null,
      inlineMedia: false,
      betweenParts: false,
      sizeBytes: content.length,
      sha256: hash('sha256', content),
      content: this.#spool ? await this.#store(Readable.from([content])) : { content: joined([content]) },
    });
  }

  /**
   * Invitations come twice, beside the text and as a file: what one of them tells more goes to the one that is listed.
   * They are the same when they differ in line ends and folding alone (RFC 5545 3.1).
   */
  async #sameCalendar(calendar: KeptAttachment): Promise<boolean> {
    if (calendar.sizeBytes > limits.reportBytes) return false;
    const content = await readBeginning(calendar.content);
    const digest = hash('sha256', content.toString('latin1').replace(/\r?\n[ \t]|[\r\n]/g, ''));
    const listed = this.#calendars.get(digest);
    if (!listed) {
      this.#calendars.set(digest, calendar);
      return false;
    }
    listed.name ??= calendar.name;
    if (calendar.type.includes('method=')) listed.type = calendar.type;
    return true;
  }

  #full(): boolean {
    if (this.kept.length < limits.attachments) return false;
    this.#defects.add('too_many_attachments', `Only the first ${limits.attachments} attachments are listed.`);
    return true;
  }

  async #store(content: Readable): Promise<AttachmentContent> {
    if (this.#spool) {
      const path = join(this.#spool, `attachment-${this.#files++}`);
      await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      return { path };
    }
    return { content: joined(await piecesOf(content)) };
  }
}

/** All that a stream gives. Several times faster than iterating over it, which is made for what comes slowly. */
function piecesOf(content: Readable): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  return new Promise((resolve, reject) => {
    content.on('data', piece => pieces.push(piece));
    content.once('end', () => resolve(pieces)).once('error', reject);
    content.once('close', () => reject(new Error('The content ended before its time.')));
  });
}

/** In memory of its own, not Node's shared pool: it can be moved to another thread. */
function joined(pieces: Buffer[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((bytes, piece) => bytes + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The first bytes of what was kept, or all of them when there are fewer. Rejects when the spool cannot be read. */
export async function readBeginning(
  kept: AttachmentContent,
  bytes: number = limits.reportBytes,
): Promise<Buffer> {
  if ('content' in kept) {
    const { buffer, byteOffset, length } = kept.content;
    return Buffer.from(buffer, byteOffset, Math.min(length, bytes));
  }
  const pieces: Buffer[] = [];
  for await (const piece of createReadStream(kept.path, { end: bytes - 1 })) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The parameters of a part's Content-Type, as mailparser reads them. */
function parametersOf(part: AttachmentStream): Record<string, string> {
  const field = part.headers.get('content-type');
  const isStructured = typeof field === 'object' && 'value' in field && 'params' in field;
  return isStructured ? (field as StructuredHeader).params : {};
}

function withMethod(type: string, method: string | undefined): string {
  return /^[a-z-]{1,40}$/i.test(method ?? '') ? `${type}; method=${method?.toUpperCase()}` : type;
}

/** RFC 2045 5.1: `type/subtype`; nonsense is bytes. */
function mediaType(value: string | undefined): string {
  const type = String(value).toLowerCase();
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) ? type : 'application/octet-stream';
}

function locationOf(part: AttachmentStream): string | undefined {
  const location = part.headers.get('content-location');
  return typeof location === 'string' ? location.replace(/\s/g, '') : undefined;
}
