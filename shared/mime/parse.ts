// Bytes to Mail, told top to bottom: repair, parse with mailparser, read text, HTML and attachments, classify. Total.

import type { Readable } from 'node:stream';
import { type AttachmentStream, MailParser, type MessageText } from 'mailparser';
import type { AttachmentInfo, Classification, Mail, Protection } from '../domain/mail/mail.ts';
import { type AttachmentContent, Attachments, type KeptAttachment } from './attachments.ts';
import { confirmedDomain, readAuthentication } from './authentication.ts';
import { type Body, type ParsedText, readBody } from './body.ts';
import { classify } from './classify.ts';
import { type MailParts, openContainers } from './containers.ts';
import { type Own, readCorrespondent } from './correspondent.ts';
import { Defects } from './defects.ts';
import { readDeliveredTo } from './delivered-to.ts';
import { feed } from './feed.ts';
import { safeFileName } from './file-name.ts';
import { HeaderFields } from './header-fields.ts';
import { readHeaders } from './headers.ts';
import { readImportance } from './importance.ts';
import { limits } from './limits.ts';
import { LineEnds } from './line-ends.ts';
import { readNotification } from './notification.ts';
import { readProtection } from './protection.ts';
import { Repair } from './repair.ts';
import { newText } from './reply.ts';
import { textAsHtml } from './sanitize.ts';

export type { AttachmentContent } from './attachments.ts';

export type ParseOptions = {
  /** Addresses from which we ourselves send. */
  ownAddresses: string[];
  /** A directory for the bytes of attachments, which exists and is the caller's to remove. Without it: memory. */
  spool?: string;
  /** The server whose word about the sender is believed; see `confirmedDomain`. Without it: none. */
  authenticator?: { authservId: string | null } | undefined;
};

/**
 * A mail, and the bytes of its attachments in the order of `mail.attachments`. `confirmedDomain`: that of its author, if the
 * server that is believed says that DMARC passed for it; lower case.
 */
export type ParsedMail = { mail: Mail; attachments: AttachmentContent[]; confirmedDomain: string | null };

/**
 * Parses one mail. The same bytes give the same mail, however they arrive.
 *
 * Never fails on what the mail is: what cannot be read is left out and named in `mail.parse.defects`. Rejects only with
 * the error of the stream that brings the bytes, or of the spool directory. For mail of strangers use `createParser`,
 * which runs it in a thread with limits.
 *
 * @param raw the mail as downloaded (RFC 5322)
 */
export async function parse(raw: Uint8Array | Readable, options: ParseOptions): Promise<ParsedMail> {
  const defects = new Defects();
  const attachments = new Attachments(options.spool, defects);
  const outer = await readParts(raw, attachments, defects);
  const opened = await openContainers(outer, attachments, readParts, defects);
  const body = await readBody(opened.text, opened.htmlStandsAlone, attachments, defects);
  return assemble(outer.fields, body, attachments, opened.protections, options, defects);
}

/** Reads a mail, or one that stands inside of another, to its parts; its attachments are kept as they come. */
async function readParts(
  raw: Uint8Array | Readable,
  attachments: Attachments,
  defects: Defects,
): Promise<MailParts> {
  const repair = new Repair(defects);
  const parser = new TextKeepingParser(parserOptions);
  let sourceError: unknown;
  if (!(raw instanceof Uint8Array))
    raw.once('error', error => {
      sourceError = error;
    });
  let text: ParsedText = {};
  try {
    const fed = feed(raw, new LineEnds(defects), repair, parser);
    [text] = await Promise.all([readItems(parser, attachments), fed]);
  } catch (error) {
    parser.destroy();
    if (!(raw instanceof Uint8Array)) raw.destroy();
    if (sourceError) throw sourceError;
    const ofSpool = error instanceof Error && 'syscall' in error;
    if (ofSpool) throw error;
    defects.add('parser_failed', `A stage of parsing failed: ${messageOf(error)}`);
  }
  const { fields, htmlStandsAlone, protections } = repair;
  return { fields: fields ?? new HeaderFields(''), text, htmlStandsAlone, protections };
}

/** Keeps the attachments as they come, and gives the text that comes last. Rejects when the parser ends before its time. */
function readItems(parser: MailParser, attachments: Attachments): Promise<ParsedText> {
  let text: ParsedText = {};
  return new Promise((resolve, reject) => {
    parser.on('data', (item: AttachmentStream | MessageText) => {
      if (item.type === 'text') {
        text = item;
        return;
      }
      parser.pause();
      keep(item, parser, attachments).then(() => parser.resume(), reject);
    });
    parser.once('end', () => resolve(text)).once('error', reject);
    parser.once('close', () => reject(new Error('The parser was closed.')));
  });
}

async function keep(item: AttachmentStream, parser: MailParser, attachments: Attachments): Promise<void> {
  // mailparser leaves the content open when it is ended before its time, and then nobody would wake us.
  const abandon = () => item.content.destroy();
  parser.once('close', abandon);
  await attachments.keep(item);
  parser.off('close', abandon);
  item.release?.();
}

/** Plain text that stands beside HTML keeps its line breaks and blanks, as it does beside none. */
class TextKeepingParser extends MailParser {
  override textToHtml(text: string): string {
    return textAsHtml(text);
  }
}

/** mailparser splits, decodes and digests; converting and linking texts is done here, on what is safe. */
const parserOptions = {
  skipHtmlToText: true,
  skipImageLinks: true,
  skipTextLinks: true,
  keepDeliveryStatus: true,
  ignoreEmbedded: true,
  checksumAlgo: 'sha256',
  // Above what Repair lets through: for mailparser a limit is an error. It counts a header line as 64 bytes at least.
  maxChildNodes: limits.parts + 10,
  maxHeadSize: 64 * limits.headerBytes,
};

function assemble(
  fields: HeaderFields,
  body: Body,
  attachments: Attachments,
  protections: Protection[],
  { ownAddresses, authenticator }: ParseOptions,
  defects: Defects,
): ParsedMail {
  const headers = readHeaders(fields, defects);
  const own: Own = new Set(ownAddresses.map(address => address.trim().toLowerCase()));
  const correspondent = readCorrespondent(fields, headers, own, defects);
  const { reports } = attachments;
  const evidence = { fields, headers, text: body.text, reports, own, correspondent };
  const classification = attempt('classification_failed', unclassified, defects, () => classify(evidence));
  const whole = { text: body.text, forwarded: false };
  const said = attempt('reply_failed', whole, defects, () => newText(body.text, headers, body.writtenHtml));
  const protection = readProtection(protections, body.text, attachments, defects);
  const found = defects.list();
  return {
    mail: {
      headers,
      text: body.text,
      html: body.html,
      newText: said.text,
      attachments: attachments.kept.map((kept, position) => describe(kept, position, body.shown)),
      classification,
      correspondent,
      deliveredTo: readDeliveredTo(fields, headers, own),
      forwarded: said.forwarded,
      protection,
      notification: readNotification(reports, headers),
      importance: readImportance(fields),
      authentication: readAuthentication(fields),
      parse: { status: found.length > 0 ? 'defects' : 'ok', defects: found },
    },
    attachments: attachments.kept.map(kept => kept.content),
    confirmedDomain: authenticator ? confirmedDomain(fields, authenticator.authservId) : null,
  };
}

const unclassified: Classification = { automatic: false, bounce: null, loop: false, reasons: [] };

function describe(kept: KeptAttachment, position: number, shown: ReadonlySet<number>): AttachmentInfo {
  return {
    name: safeFileName(kept.name, kept.type.split(';', 1)[0] as string, position + 1),
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
    defects.add(code, `A stage of parsing failed: ${messageOf(error)}`);
    return otherwise;
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}
