// Repairs a mail on its way to mailparser, in the few ways of being broken that make mailparser lose text or files.
//
// Each multipart gets delimiters of our own, so that the frame is always whole: mailparser 3.14 does not see delimiters
// with trailing blanks (RFC 2046 5.1.1 "transport padding") nor that an outer one ends unclosed inner parts (5.1.2).
// Each text is held whole and goes on as UTF-8, so that its encoding and charset can be told from all of it. Files in
// base64 are decoded: mailparser, which looks at each line, then has fewer of them. It gets no fields but those of parts.
//
// What is left as mailparser reads it: files in the transfer encoding x-uuencode stay encoded, HTML parts are joined
// before they are sanitised, and photos between paragraphs are shown below them.

import { randomUUID } from 'node:crypto';
import type { Protection } from '../domain/mail/mail.ts';
import type { Defects } from './defects.ts';
import { HeaderBlock } from './header-block.ts';
import type { HeaderFields } from './header-fields.ts';
import { limits } from './limits.ts';
import {
  type Delimiter,
  findDelimiter,
  hasDelimiter,
  type Multipart,
  multipart,
  typeOf,
} from './open-multiparts.ts';
import {
  fieldsAsTold,
  fileHeader,
  isShownText,
  multipartHeader,
  type PartHeader,
  type Replaced,
  readPartHeader,
  textHeader,
} from './part-header.ts';
import { Pieces } from './pieces.ts';
import { protectionOfMultipart } from './protection.ts';
import { Repaired } from './repaired.ts';
import { readText, withoutLineBreak } from './text-part.ts';
import { type TransferDecoder, transferDecoder } from './transfer-encoding.ts';

const LF = 0x0a;
const CR = 0x0d;
/** So much before the first part of a multipart is waited for it. */
const preambleBytes = 64 * 1024;

/** A text, or a multipart that may turn out to be one; what stands in it so far. */
type Waiting = { header: PartHeader; multipart: Multipart | null; held: Buffer[]; heldBytes: number };

/** Takes the bytes of a mail and gives those of the same mail as mailparser reads it. */
export class Repair {
  /** The header of the mail itself, with the content type that mailparser is told. Null until it has been written. */
  fields: HeaderFields | null = null;
  /** Whether HTML stands where it has no plain form beside it. Known when the mail has ended. */
  htmlStandsAlone = false;
  /** What its multiparts say of signatures and encryption, outermost first. Known when the mail has ended. */
  readonly protections: Protection[] = [];
  #defects: Defects;
  #frame = randomUUID();
  #out = new Repaired();
  #raw = new Pieces(
    () => this.#header !== null && !this.#encoded,
    (piece, lineStart) => this.#takeRaw(piece, lineStart),
  );
  /** Of a multipart wholly in a transfer encoding, which RFC 2045 6.4 forbids: where it is among those open, and its parts. */
  #encoded: { level: number; decoder: TransferDecoder; decoded: Pieces } | null = null;

  #parts = 0;
  #open: Multipart[] = [];
  #header: HeaderBlock | null;
  #waiting: Waiting | null = null;
  /** What becomes of content when none waits: what is outside of all parts is dropped. */
  #content: 'file' | 'nothing' = 'nothing';
  /** Of a file in base64. */
  #decoder: TransferDecoder | null = null;
  #textBytes = 0;

  constructor(defects: Defects) {
    this.#defects = defects;
    this.#header = new HeaderBlock(true, defects);
  }

  /** @returns what is certain so far, in pieces of any size */
  write(bytes: Buffer): Buffer[] {
    this.#raw.write(bytes);
    return this.#out.take();
  }

  end(): Buffer[] {
    this.#raw.end();
    if (this.#encoded || this.#beginEncoded()) this.#endEncoded();
    this.#endCutHeader();
    if (this.#open.length > 0) this.#unclosed();
    this.#endText(false);
    this.#endFile();
    return this.#out.take();
  }

  #takeRaw(bytes: Buffer, lineStart: boolean): void {
    const encoded = this.#encoded;
    const outer = encoded && lineStart ? findDelimiter(bytes, this.#open, 0, encoded.level) : null;
    if (outer) {
      this.#endEncoded();
      this.#cross(outer);
    } else if (encoded) encoded.decoded.write(encoded.decoder.write(bytes));
    else this.#take(bytes, lineStart);
  }

  #take(bytes: Buffer, lineStart: boolean): void {
    if (this.#header) this.#takeHeaderLine(this.#header, bytes, lineStart);
    else this.#takeContent(bytes, lineStart);
  }

  #takeHeaderLine(header: HeaderBlock, line: Buffer, lineStart: boolean): void {
    const isBlank = line[0] === LF || (line[0] === CR && line[1] === LF);
    if (this.#parts === 0 && header.empty && isBlank) return;
    const body = header.take(line, !lineStart);
    if (body) this.#endHeader(header, body);
  }

  #endHeader(block: HeaderBlock, body: Buffer[]): void {
    this.#header = null;
    this.#parts++;
    const parent = this.#open.at(-1);
    const position = parent ? parent.children++ : 0;
    const parentType = typeOf(parent);
    const header = readPartHeader(block.lines(), parentType, this.#defects);
    // A named text after the first part is a file, although clients call it inline.
    const isNamed = position > 0 && header.name && parentType !== 'multipart/alternative';
    const isText = isShownText(header);
    if (header.contentType.value.startsWith('multipart/') || (isText && header.multiparts.length > 0))
      this.#beginMultipart(header);
    else if (!isText) this.#beginFile(header, {});
    else if (isNamed)
      this.#beginFile(header, { 'Content-Disposition': { ...header.disposition, value: 'attachment' } });
    else this.#waiting = { header, multipart: null, held: [], heldBytes: 0 };
    for (const line of body) this.#takeContent(line, true);
  }

  #endCutHeader(): void {
    if (this.#header) this.#endHeader(this.#header, this.#header.take(Buffer.alloc(0), false) ?? []);
  }

  #beginFile(header: PartHeader, replaced: Replaced): void {
    this.#content = 'file';
    const { value, params } = replaced['Content-Disposition'] ?? header.disposition;
    const named = { 'Content-Disposition': { value, params: { ...params, filename: header.name ?? '' } } };
    if (header.encoding === 'base64') this.#decoder = transferDecoder('base64');
    const told = header.name ? { ...replaced, ...named } : replaced;
    this.#writeHeader(header, fileHeader(header, told, this.#decoder !== null));
  }

  #endFile(): void {
    if (this.#decoder) this.#out.writeDecoded(this.#decoder.end());
    this.#decoder = null;
  }

  #beginMultipart(header: PartHeader): void {
    const { value: type, params } = header.contentType;
    const protection = protectionOfMultipart(type, params);
    if (protection) this.protections.push(protection);
    const { multiparts } = header;
    if (multiparts.length > 0 && this.#open.length >= limits.depth) {
      this.#defects.add('nested_too_deep', `Parts are nested deeper than ${limits.depth} levels.`);
      this.#beginFile(header, { 'Content-Type': { value: 'application/octet-stream', params: {} } });
      return;
    }
    let opened: Multipart | null = null;
    if (multiparts.length > 0) {
      opened = multipart(multiparts, `${this.#frame}-${this.#parts}`);
      this.#open.push(opened);
    } else this.#defects.add('boundary_missing', 'A multipart names no boundary; it was read as text.');
    this.#waiting = { header, multipart: opened, held: [], heldBytes: 0 };
  }

  #takeContent(bytes: Buffer, lineStart: boolean): void {
    const innermost = this.#open.length - 1;
    const from = this.#encoded?.level ?? 0;
    const delimiter = lineStart ? findDelimiter(bytes, this.#open, from, this.#open.length) : null;
    if (delimiter) {
      if (delimiter.level < innermost && this.#beginEncoded()) this.#endEncoded();
      this.#cross(delimiter);
    } else if (this.#waiting) this.#hold(this.#waiting, bytes);
    else if (this.#decoder) this.#out.writeDecoded(this.#decoder.write(bytes));
    else if (this.#content === 'file') this.#out.write(bytes);
  }

  #hold(waiting: Waiting, bytes: Buffer): void {
    const room = Math.max(limits.textBytes - this.#textBytes, 0);
    this.#textBytes += bytes.length;
    if (bytes.length > room)
      this.#defects.add('text_too_long', 'The text is too long; its end was left out.');
    waiting.held.push(bytes.subarray(0, room));
    waiting.heldBytes += bytes.length;
    if (waiting.multipart && waiting.heldBytes > preambleBytes && !this.#beginEncoded())
      this.#withoutParts(waiting);
  }

  #cross({ level, closes }: Delimiter): void {
    this.#endFile();
    if (!this.#waiting?.multipart) this.#endText(true);
    while (this.#open.length > level + 1) {
      this.#unclosed();
      this.#close();
    }
    this.#content = 'nothing';
    if (closes) this.#close();
    else if (this.#parts > limits.parts) {
      const message = `The mail has more than ${limits.parts} parts; the others were left out.`;
      this.#defects.add('too_many_parts', message);
    } else {
      this.#beginParts();
      this.#out.writeDelimiter(this.#open.at(-1)?.frame, '');
      this.#header = new HeaderBlock(false, this.#defects);
    }
  }

  #unclosed(): void {
    this.#defects.add('boundary_unclosed', 'A multipart has no closing boundary; the mail may be cut off.');
  }

  /** Ends the innermost multipart. One without parts is what stands before them: text. */
  #close(): void {
    if (this.#waiting) this.#endText(true);
    else {
      this.#out.writeDelimiter(this.#open.at(-1)?.frame, '--');
      this.#open.pop();
    }
    this.#content = 'nothing';
  }

  /** The first part of a multipart has come; what stood before it is no content. */
  #beginParts(): void {
    if (!this.#waiting?.multipart) return;
    const { header, multipart, heldBytes } = this.#waiting;
    const contentType = multipart.types[0]?.contentType ?? header.contentType;
    this.#writeHeader(header, multipartHeader(contentType, multipart.frame));
    this.#textBytes -= heldBytes;
    this.#waiting = null;
  }

  /** Reads what was held of a multipart without parts again, decoded, when they are there: only so much is ever in memory. */
  #beginEncoded(): boolean {
    const decoder = transferDecoder(this.#waiting?.header.encoding ?? '');
    if (!this.#waiting?.multipart || this.#encoded || !decoder) return false;
    const beginning = decoder.write(Buffer.concat(this.#waiting.held));
    if (!hasDelimiter(this.#waiting.multipart, beginning)) return false;
    this.#defects.add('multipart_encoded', 'A multipart is in a transfer encoding as a whole.');
    this.#textBytes -= this.#waiting.heldBytes;
    this.#waiting.held = [];
    this.#waiting.heldBytes = 0;
    const decoded = new Pieces(
      () => this.#header !== null,
      (piece, lineStart) => this.#take(piece, lineStart),
    );
    this.#encoded = { level: this.#open.length - 1, decoder, decoded };
    decoded.write(beginning);
    return true;
  }

  #endEncoded(): void {
    if (!this.#encoded) return;
    const { decoder, decoded } = this.#encoded;
    decoded.write(decoder.end());
    decoded.end();
    this.#endCutHeader();
    this.#encoded = null;
  }

  /** No part has come before the end, or for too long: the multipart is a text. */
  #withoutParts(waiting: Waiting): void {
    waiting.multipart = null;
    this.#open.pop();
    this.#defects.add('parts_missing', 'A multipart has no parts; it was read as text.');
  }

  /** @param followed whether a delimiter follows, to which the last line break belongs */
  #endText(followed: boolean): void {
    if (!this.#waiting) return;
    if (this.#waiting.multipart) this.#withoutParts(this.#waiting);
    const { header } = this.#waiting;
    this.htmlStandsAlone ||=
      header.contentType.value === 'text/html' &&
      !this.#open.some(multipart => typeOf(multipart) === 'multipart/alternative');
    const { held: pieces } = this.#waiting;
    const held = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    const content = followed ? withoutLineBreak(held) : held;
    this.#writeHeader(header, textHeader(header));
    this.#out.write(readText(header, content, this.#defects));
    // What was taken from the text is the delimiter's; behind an empty text the end of the header is.
    if (followed && content.length > 0) this.#out.write(Buffer.from('\r\n'));
    this.#waiting = null;
  }

  #writeHeader(header: PartHeader, written: string): void {
    this.fields ??= fieldsAsTold(header, written);
    this.#out.write(Buffer.from(written));
  }
}
