// Keeps the attachments of a mail while it streams by: in memory, or in files of the spool directory.

import { hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AttachmentStream } from 'mailparser';
import type { Defects } from './defects.ts';
import { limits } from './limits.ts';

/** The decoded bytes of one attachment: in memory, or in a file of the spool directory. */
export type AttachmentContent = { content: Uint8Array<ArrayBuffer> } | { path: string };

/** One attachment as it was kept, and what its part says about it. */
export type KeptAttachment = {
  /** As sent; null without one. */
  name: string | null;
  type: string;
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

/** Reports whose beginning classification reads, wherever their bytes are kept. */
const reportTypes = new Set(['message/delivery-status', 'message/global-delivery-status']);

/** The attachments of one mail, in the order they stand. */
export class Attachments {
  readonly kept: KeptAttachment[] = [];
  /** The beginning of each delivery report, decoded. */
  readonly reports: Buffer[] = [];
  #spool: string | undefined;
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
    const beginning = reportTypes.has(type) ? new Beginning() : null;
    if (beginning) part.content.on('data', chunk => beginning.add(chunk));
    const content = await this.#store(part.content);
    if (beginning) this.reports.push(beginning.bytes());
    const inlineMedia = part.contentDisposition === 'inline' && /^(?:image|audio|video)\//.test(type);
    this.kept.push({
      name: part.filename ?? null,
      type,
      contentId: part.cid?.slice(0, 255) || null,
      location: locationOf(part),
      inlineMedia,
      betweenParts: inlineMedia && !part.related,
      sizeBytes: part.size ?? 0,
      sha256: part.checksum ?? '',
      content,
    });
  }

  /** Adds a file that was found uuencoded inside a text. */
  async addFile(name: string, content: Buffer): Promise<void> {
    if (this.#full()) return;
    this.kept.push({
      name,
      type: 'application/octet-stream',
      contentId: null,
      inlineMedia: false,
      betweenParts: false,
      sizeBytes: content.length,
      sha256: hash('sha256', content),
      content: await this.#store(Readable.from([content])),
    });
  }

  #full(): boolean {
    if (this.kept.length < limits.attachments) return false;
    this.#defects.add('too_many_attachments', `Only the first ${limits.attachments} attachments are listed.`);
    return true;
  }

  async #store(content: Readable): Promise<AttachmentContent> {
    if (this.#spool) {
      const path = join(this.#spool, `attachment-${this.kept.length}`);
      await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      return { path };
    }
    const pieces: Buffer[] = [];
    for await (const piece of content) pieces.push(piece);
    return { content: joined(pieces) };
  }
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

/** RFC 2045 5.1: `type/subtype`; nonsense is bytes. */
function mediaType(value: string | undefined): string {
  const type = String(value).toLowerCase();
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) ? type : 'application/octet-stream';
}

function locationOf(part: AttachmentStream): string | undefined {
  const location = part.headers.get('content-location');
  return typeof location === 'string' ? location.replace(/\s/g, '') : undefined;
}

/** Keeps the first bytes of what passes. */
class Beginning {
  #pieces: Buffer[] = [];
  #room: number = limits.reportBytes;

  add(bytes: Buffer): void {
    const kept = bytes.subarray(0, this.#room);
    this.#room -= kept.length;
    if (kept.length > 0) this.#pieces.push(kept);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
