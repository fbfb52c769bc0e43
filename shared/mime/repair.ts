// Repairs a mail as it streams to mailparser, in the few ways of being broken that make mailparser lose text or files.
//
// Each multipart gets delimiters of our own, so that the frame is always whole: mailparser 3.14 does not see delimiters
// with trailing blanks (RFC 2046 5.1.1 "transport padding") nor that an outer one ends unclosed inner parts (5.1.2).
//
// What is left as mailparser reads it: files in the transfer encoding x-uuencode stay encoded, HTML parts are joined
// before they are sanitised, and photos between paragraphs are shown below them.

import { randomUUID } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import type { Protection } from '../domain/mail/mail.ts';
import { findCharset, sampleBytes } from './charset.ts';
import type { Defects } from './defects.ts';
import { HeaderBlock } from './header-block.ts';
import { limits } from './limits.ts';
import {
  isShownText,
  type PartHeader,
  type Replaced,
  readPartHeader,
  writePartHeader,
} from './part-header.ts';
import { protectionOfMultipart } from './protection.ts';

const LF = 0x0a;
const DASH = 0x2d;
/** A line is waited for until its end, unless it is this long. */
const longestLine = 64 * 1024;

type Multipart = { type: string; delimiter: Buffer; frame: string; children: number };

/** A transform from the bytes of a mail to the bytes of the same mail as mailparser reads it. */
export class Repair extends Transform {
  /** Whether HTML stands where it has no plain form beside it. Known when the mail has ended. */
  htmlStandsAlone = false;
  /** What its multiparts say of signatures and encryption, outermost first. Known when the mail has ended. */
  readonly protections: Protection[] = [];
  #defects: Defects;
  #frame = randomUUID();
  #rest: Buffer = Buffer.alloc(0);
  #lineStart = true;
  #out: Buffer[] = [];
  #lastByte = LF;

  #parts = 0;
  #open: Multipart[] = [];
  #header: HeaderBlock | null;
  /** A text or a multipart whose header waits for what its first bytes tell. */
  #waiting: { header: PartHeader; multipart: Multipart | null; held: Buffer[]; heldBytes: number } | null =
    null;
  /** What becomes of content: text is limited, what is outside of all parts is dropped. */
  #content: 'text' | 'file' | 'nothing' = 'nothing';
  #textBytes = 0;

  constructor(defects: Defects) {
    super();
    this.#defects = defects;
    this.#header = new HeaderBlock(defects);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#take(this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk, false);
    done(null, Buffer.concat(this.#out.splice(0)));
  }

  override _flush(done: TransformCallback): void {
    this.#take(this.#rest, true);
    if (this.#header) this.#endHeader(this.#header, this.#header.take(Buffer.alloc(0), false) ?? []);
    if (this.#open.length > 0) this.#unclosed();
    this.#decideAsText();
    done(null, Buffer.concat(this.#out));
  }

  #take(buffer: Buffer, final: boolean): void {
    let at = 0;
    while (at < buffer.length) {
      const end =
        this.#pieceEnd(buffer, at) || (final || buffer.length - at > longestLine ? buffer.length : 0);
      if (end === 0) break;
      const piece = buffer.subarray(at, end);
      if (this.#header) this.#takeHeaderLine(this.#header, piece);
      else this.#takeContent(piece);
      this.#lineStart = buffer[end - 1] === LF;
      at = end;
    }
    this.#rest = buffer.subarray(at);
  }

  /** The end of the line, or of all lines that are content for certain; 0 when it is not there yet. */
  #pieceEnd(buffer: Buffer, at: number): number {
    if (this.#header || (this.#lineStart && buffer[at] === DASH)) return buffer.indexOf(LF, at) + 1;
    const beforeDashes = buffer.indexOf('\n--', at);
    const end = beforeDashes >= 0 ? beforeDashes : buffer.lastIndexOf(LF);
    return end >= at ? end + 1 : 0;
  }

  #takeHeaderLine(header: HeaderBlock, line: Buffer): void {
    const isBlank = line[0] === LF || (line[0] === 0x0d && line[1] === LF);
    if (this.#parts === 0 && header.empty && isBlank) return;
    const body = header.take(line, !this.#lineStart);
    if (body) this.#endHeader(header, body);
  }

  #endHeader(block: HeaderBlock, body: Buffer[]): void {
    this.#header = null;
    this.#parts++;
    const parent = this.#open.at(-1);
    const position = parent ? parent.children++ : 0;
    const header = readPartHeader(block.lines, parent?.type);
    // A named text after the first part is a file, although clients call it inline.
    const isNamed = position > 0 && header.name && parent?.type !== 'multipart/alternative';
    if (header.contentType.value.startsWith('multipart/')) this.#beginMultipart(header);
    else if (!isShownText(header)) this.#beginFile(header, {});
    else if (isNamed)
      this.#beginFile(header, { 'Content-Disposition': { ...header.disposition, value: 'attachment' } });
    else this.#waiting = { header, multipart: null, held: [], heldBytes: 0 };
    for (const line of body) this.#takeContent(line);
  }

  #beginFile(header: PartHeader, replaced: Replaced): void {
    this.#content = 'file';
    this.#write(writePartHeader(header, replaced));
  }

  #beginMultipart(header: PartHeader): void {
    const { value: type, params } = header.contentType;
    const protection = protectionOfMultipart(type, params);
    if (protection) this.protections.push(protection);
    if (params.boundary && this.#open.length >= limits.depth) {
      this.#defects.add('nested_too_deep', `Parts are nested deeper than ${limits.depth} levels.`);
      this.#beginFile(header, { 'Content-Type': { value: 'application/octet-stream', params: {} } });
      return;
    }
    let multipart: Multipart | null = null;
    if (params.boundary) {
      const delimiter = Buffer.from(`--${params.boundary}`);
      multipart = { type, delimiter, frame: `${this.#frame}-${this.#parts}`, children: 0 };
      this.#open.push(multipart);
    } else this.#defects.add('boundary_missing', 'A multipart names no boundary; it was read as text.');
    this.#waiting = { header, multipart, held: [], heldBytes: 0 };
  }

  #takeContent(bytes: Buffer): void {
    const delimiter = this.#lineStart && bytes[0] === DASH ? this.#findDelimiter(bytes) : null;
    if (delimiter) this.#cross(delimiter.level, delimiter.closes);
    else if (this.#waiting) {
      this.#waiting.held.push(bytes);
      this.#waiting.heldBytes += bytes.length;
      if (this.#waiting.heldBytes > sampleBytes) this.#decideAsText();
    } else if (this.#content === 'file') this.#write(bytes);
    else if (this.#content === 'text') this.#writeText(bytes);
  }

  /** RFC 2046 5.1.1: `--boundary`, `--` when it closes, then nothing but blanks. The innermost multipart is asked first. */
  #findDelimiter(line: Buffer): { level: number; closes: boolean } | null {
    for (let level = this.#open.length - 1; level >= 0; level--) {
      const { delimiter } = this.#open[level] as Multipart;
      if (line.length < delimiter.length || delimiter.compare(line, 0, delimiter.length) !== 0) continue;
      const rest = line.toString('latin1', delimiter.length, delimiter.length + 1000);
      if (/^(?:--)?\s*$/.test(rest)) return { level, closes: rest.startsWith('--') };
    }
    return null;
  }

  #cross(level: number, closes: boolean): void {
    if (!this.#waiting?.multipart) this.#decideAsText();
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
      this.#decideAsMultipart();
      this.#writeDelimiter('');
      this.#header = new HeaderBlock(this.#defects);
    }
  }

  #unclosed(): void {
    this.#defects.add('boundary_unclosed', 'A multipart has no closing boundary; the mail may be cut off.');
  }

  /** Ends the innermost multipart. One without parts is what stands before them: text. */
  #close(): void {
    if (this.#waiting) this.#decideAsText();
    else {
      this.#writeDelimiter('--');
      this.#open.pop();
    }
    this.#content = 'nothing';
  }

  /** The first part of a multipart has come; what stood before it is no content. */
  #decideAsMultipart(): void {
    if (!this.#waiting?.multipart) return;
    const { header, multipart } = this.#waiting;
    const { value, params } = header.contentType;
    const framed = { value, params: { ...params, boundary: multipart.frame } };
    this.#write(writePartHeader(header, { 'Content-Type': framed }));
    this.#waiting = null;
  }

  /** No part has come before the end or for too long, or it is a text: what was held begins it. */
  #decideAsText(): void {
    if (!this.#waiting) return;
    const { header, multipart, held } = this.#waiting;
    this.#waiting = null;
    if (multipart) {
      this.#open.pop();
      this.#defects.add('parts_missing', 'A multipart has no parts; it was read as text.');
    }
    const { value, params } = header.contentType;
    const isHtml = value === 'text/html';
    this.htmlStandsAlone ||= isHtml && !this.#open.some(({ type }) => type === 'multipart/alternative');
    const content = Buffer.concat(held);
    const charset = findCharset(params.charset, content, header.encoding, isHtml, this.#defects);
    const { format = '', delsp = '' } = params;
    const replaced: Replaced = {
      'Content-Type': { value: isHtml ? value : 'text/plain', params: { charset, format, delsp } },
      'Content-Disposition': { value: 'inline', params: {} },
    };
    this.#write(writePartHeader(header, replaced));
    this.#content = 'text';
    this.#writeText(content);
  }

  #writeText(bytes: Buffer): void {
    const room = Math.max(limits.textBytes - this.#textBytes, 0);
    this.#textBytes += bytes.length;
    this.#write(bytes.subarray(0, room));
    if (bytes.length > room)
      this.#defects.add('text_too_long', 'The text is too long; its end was left out.');
  }

  #writeDelimiter(suffix: '' | '--'): void {
    const lineBreak = this.#lastByte === LF ? '' : '\r\n';
    this.#write(Buffer.from(`${lineBreak}--${this.#open.at(-1)?.frame}${suffix}\r\n`));
  }

  #write(bytes: Buffer): void {
    if (bytes.length > 0) this.#out.push(bytes);
    this.#lastByte = bytes.at(-1) ?? this.#lastByte;
  }
}
