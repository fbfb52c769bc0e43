// Bytes to Mail, told top to bottom: split into parts, read headers, text, HTML and attachments, classify. Total.

import type { Readable } from 'node:stream';
import type { AttachmentInfo, Classification, Mail } from '../domain/mail.ts';
import { dmarcResult } from './authentication.ts';
import { classify } from './classify.ts';
import { type AttachmentContent, Contents, type KeptAttachment } from './contents.ts';
import { Defects } from './defects.ts';
import { safeFileName } from './file-name.ts';
import { readHeaders } from './headers.ts';
import type { Part } from './part.ts';
import { type ReadBody, readBody } from './read-body.ts';
import { newText } from './reply.ts';
import { Splitter } from './split.ts';

export type { AttachmentContent } from './contents.ts';

export type ParseOptions = {
  /** Addresses from which we ourselves send: mail from them is a loop. */
  ownAddresses: string[];
  /** A directory for the bytes of attachments, which exists and is the caller's to remove. Without it: memory. */
  spool?: string;
};

/** A mail, and the bytes of its attachments in the order of `mail.attachments`. */
export type ParsedMail = { mail: Mail; attachments: AttachmentContent[] };

/**
 * Parses one mail. The same bytes give the same mail, however they arrive.
 *
 * Never fails on what the mail is: what cannot be read is left out and named in `mail.parse.defects`. Rejects only with
 * the error of the stream that brings the bytes, or of the spool directory. Works synchronously between the chunks of
 * a stream: for mail of strangers use `createParser`, which runs it in a thread with limits.
 *
 * @param raw the mail as downloaded (RFC 5322)
 */
export async function parse(raw: Uint8Array | Readable, options: ParseOptions): Promise<ParsedMail> {
  const defects = new Defects();
  const contents = new Contents(options.spool, defects);
  const splitter = new Splitter(part => contents.open(part), defects);
  if (raw instanceof Uint8Array) {
    splitter.write(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength));
  } else {
    for await (const chunk of raw) splitter.write(Buffer.from(chunk));
  }
  return assemble(splitter.end(), contents, options.ownAddresses, defects);
}

function assemble(root: Part, contents: Contents, ownAddresses: string[], defects: Defects): ParsedMail {
  const headers = readHeaders(root.fields, defects);
  const body = attempt('body_failed', noBody, defects, () => readBody(root, contents, defects));
  const evidence = { root, headers, text: body.text, reports: contents.reports, ownAddresses, defects };
  const classification = attempt('classification_failed', unclassified, defects, () => classify(evidence));
  const ownText = attempt('reply_failed', body.text, defects, () => newText(body.text));
  const found = defects.list();
  return {
    mail: {
      headers,
      text: body.text,
      html: body.html,
      newText: ownText,
      attachments: contents.attachments.map((kept, position) => describe(kept, position, body.shown)),
      classification,
      dmarc: dmarcResult(root.fields),
      parse: { status: found.length > 0 ? 'defects' : 'ok', defects: found },
    },
    attachments: contents.attachments.map(kept => kept.content),
  };
}

const noBody: ReadBody = { text: '', html: null, shown: new Set() };
const unclassified: Classification = { automatic: false, bounce: null, loop: false, reasons: [] };

function describe(kept: KeptAttachment, position: number, shown: ReadonlySet<number>): AttachmentInfo {
  return {
    name: safeFileName(kept.name, kept.type, position + 1),
    type: kept.type,
    sizeBytes: kept.sizeBytes,
    sha256: kept.sha256,
    contentId: kept.contentId,
    inline: kept.inlineMedia || shown.has(position),
  };
}

/** One stage of reading that may meet what nobody thought of: the mail goes on without it. */
function attempt<T>(code: string, otherwise: T, defects: Defects, stage: () => T): T {
  try {
    return stage();
  } catch (error) {
    defects.add(
      code,
      `A stage of parsing failed: ${error instanceof Error ? error.message : String(error)}`.slice(0, 300),
    );
    return otherwise;
  }
}
