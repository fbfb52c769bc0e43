// Keeps the content of a mail's leaves while it streams by: text in memory, attachments in memory or in files.

import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isBodyText, isInlineMedia } from './body.ts';
import type { Defects } from './defects.ts';
import { limits } from './limits.ts';
import type { Part } from './part.ts';
import type { ContentSink } from './split.ts';
import { type TransferDecoder, transferDecoder } from './transfer-encoding.ts';
import { UuencodeDecoder } from './uuencode.ts';

/** The decoded bytes of one attachment: in memory, or in a file of the spool directory. */
export type AttachmentContent = { content: Uint8Array<ArrayBuffer> } | { path: string };

/** One attachment as it was kept, and what its part says about it. */
export type KeptAttachment = {
  /** As sent; null without one. */
  name: string | null;
  type: string;
  contentId: string | null;
  /** Whether the sender wants it shown where it stands. */
  inlineMedia: boolean;
  sizeBytes: number;
  sha256: string;
  content: AttachmentContent;
};

/** Reports whose beginning classification reads, wherever their bytes are kept. */
const reportTypes = new Set(['message/delivery-status', 'message/global-delivery-status']);

/** The contents of one mail. Writes to files synchronously: parsing has a thread of its own. */
export class Contents {
  readonly texts = new Map<Part, Buffer>();
  /** Position in `attachments` of the part that holds each. */
  readonly positions = new Map<Part, number>();
  readonly attachments: KeptAttachment[] = [];
  /** The beginning of each delivery report, decoded. */
  readonly reports: Buffer[] = [];
  #textBytes = 0;
  #spool: string | undefined;
  #defects: Defects;

  /** @param spool a directory that exists and is the caller's to remove; without it everything is kept in memory */
  constructor(spool: string | undefined, defects: Defects) {
    this.#spool = spool;
    this.#defects = defects;
  }

  /** The sink for a leaf whose header has been read. */
  open(part: Part): ContentSink {
    if (isBodyText(part)) return this.#openText(part);
    return this.#full() ? nowhere : this.#openAttachment(part);
  }

  /** Adds a file that was found uuencoded inside a text. */
  addFile(name: string, content: Buffer): void {
    if (this.#full()) return;
    const keeper = this.#keeper();
    keeper.write(content);
    const type = 'application/octet-stream';
    this.attachments.push({ name, type, contentId: null, inlineMedia: false, ...keeper.end() });
  }

  #full(): boolean {
    if (this.attachments.length < limits.attachments) return false;
    this.#defects.add('too_many_attachments', `Only the first ${limits.attachments} attachments are listed.`);
    return true;
  }

  #openText(part: Part): ContentSink {
    const decoder = decoderOf(part);
    const pieces: Buffer[] = [];
    const keep = (bytes: Buffer) => {
      const room = limits.textBytes - this.#textBytes;
      if (bytes.length > room)
        this.#defects.add('text_too_long', 'The text is too long; its end was left out.');
      const kept = bytes.subarray(0, Math.max(room, 0));
      this.#textBytes += kept.length;
      pieces.push(kept);
    };
    return {
      write: bytes => keep(decoder.write(bytes)),
      end: () => {
        keep(decoder.end());
        this.texts.set(part, Buffer.concat(pieces));
      },
    };
  }

  #openAttachment(part: Part): ContentSink {
    const decoder = decoderOf(part);
    const keeper = this.#keeper();
    const report = reportTypes.has(part.type) ? new Beginning(limits.reportBytes) : null;
    const keep = (bytes: Buffer) => {
      keeper.write(bytes);
      report?.write(bytes);
    };
    // Its place in the list is where it begins, its size and digest are known when it ends.
    const kept: KeptAttachment = {
      name: part.name,
      type: part.type,
      contentId: part.contentId,
      inlineMedia: isInlineMedia(part),
      sizeBytes: 0,
      sha256: '',
      content: { content: new Uint8Array() },
    };
    this.positions.set(part, this.attachments.length);
    this.attachments.push(kept);
    return {
      write: bytes => keep(decoder.write(bytes)),
      end: () => {
        keep(decoder.end());
        Object.assign(kept, keeper.end());
        if (report) this.reports.push(report.bytes());
      },
    };
  }

  #keeper(): Keeper {
    if (!this.#spool) return new MemoryKeeper();
    return new FileKeeper(join(this.#spool, `attachment-${this.attachments.length}`));
  }
}

function decoderOf(part: Part): TransferDecoder {
  return /^(?:x-)?uu(?:e|encode)$/.test(part.encoding)
    ? new UuencodeDecoder()
    : transferDecoder(part.encoding);
}

const nowhere: ContentSink = { write: () => {}, end: () => {} };

type Kept = Pick<KeptAttachment, 'sizeBytes' | 'sha256' | 'content'>;
type Keeper = { write(bytes: Buffer): void; end(): Kept };

class MemoryKeeper implements Keeper {
  #hash: Hash = createHash('sha256');
  #pieces: Buffer[] = [];
  #sizeBytes = 0;

  write(bytes: Buffer): void {
    this.#hash.update(bytes);
    this.#pieces.push(bytes);
    this.#sizeBytes += bytes.length;
  }

  end(): Kept {
    // Memory of its own, neither Node's shared pool nor a view of the whole mail: it can be moved to another thread.
    const content = new Uint8Array(this.#sizeBytes);
    let at = 0;
    for (const piece of this.#pieces) {
      content.set(piece, at);
      at += piece.length;
    }
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex'), content: { content } };
  }
}

class FileKeeper implements Keeper {
  #hash: Hash = createHash('sha256');
  #sizeBytes = 0;
  #path: string;
  #file: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'wx', 0o600);
  }

  write(bytes: Buffer): void {
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.length;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
  }

  end(): Kept {
    closeSync(this.#file);
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex'), content: { path: this.#path } };
  }
}

/** Keeps the first bytes of what passes. */
class Beginning {
  #pieces: Buffer[] = [];
  #room: number;

  constructor(bytes: number) {
    this.#room = bytes;
  }

  write(bytes: Buffer): void {
    const kept = Buffer.from(bytes.subarray(0, this.#room));
    this.#room -= kept.length;
    if (kept.length > 0) this.#pieces.push(kept);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
