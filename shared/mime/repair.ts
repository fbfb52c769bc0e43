// Repairs a mail as it streams to mailparser, in the few ways of being broken that make mailparser lose text or files.
//
// Each multipart gets delimiters of our own, so that the frame is always whole: mailparser 3.14 does not see delimiters
// with trailing blanks (RFC 2046 5.1.1 "transport padding") nor that an outer one ends unclosed inner parts (5.1.2).

import { randomUUID } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { findCharset } from './charset.ts';
import type { Defects } from './defects.ts';
import { limits } from './limits.ts';
import {
  isShownText,
  type PartHeader,
  type Replaced,
  readPartHeader,
  writePartHeader,
} from './part-header.ts';

const LF = 0x0a;
/** So much of a text is looked at for its charset, and so much of a multipart for its first part. */
const lookAheadBytes = 64 * 1024;
/** A line is waited for until its end, unless it is this long. */
const longestLine = 64 * 1024;

type Multipart = { type: string; delimiter: Buffer; frame: string; children: number };

/** A transform from the bytes of a mail to the bytes of the same mail as mailparser reads it. */
export class Repair extends Transform {
  /** Whether HTML stands where it has no plain form beside it. Known when the mail has ended. */
  htmlStandsAlone = false;
  #defects: Defects;
  #frame = randomUUID();
  #rest: Buffer = Buffer.alloc(0);
  #lineStart = true;
  #final = false;
  #out: Buffer[] = [];
  #wroteLine = true;

  #partCount = 0;
  #open: Multipart[] = [];
  #header: Buffer[] | null = [];
  #headerBytes = 0;
  /** Whether the last header line is no field: a second one in a row means that the body has begun. */
  #suspect = false;
  /** The part whose header waits for what its first bytes tell, and these. */
  #waiting: { header: PartHeader; multipart: Multipart | null } | null = null;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** What becomes of content: text is limited, what is outside of all parts is dropped. */
  #content: 'text' | 'file' | 'nothing' = 'nothing';
  #textBytes = 0;

  constructor(defects: Defects) {
    super();
    this.#defects = defects;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#take(chunk);
    done(null, this.#written());
  }

  override _flush(done: TransformCallback): void {
    this.#final = true;
    this.#take(Buffer.alloc(0));
    if (this.#header) this.#endHeader();
    if (this.#open.length > 0)
      this.#defects.add('boundary_unclosed', 'A multipart has no closing boundary; the mail may be cut off.');
    if (this.#waiting?.multipart) this.#open.pop();
    this.#decideAsLeaf();
    done(null, this.#written());
  }

  #written(): Buffer {
    return Buffer.concat(this.#out.splice(0));
  }

  #take(bytes: Buffer): void {
    const buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    let at = 0;
    while (at < buffer.length) {
      const end = this.#nextEnd(buffer, at);
      if (end <= at) break;
      const piece = buffer.subarray(at, end);
      if (this.#header) this.#takeHeaderLine(piece, this.#header);
      else this.#takeContent(piece);
      this.#lineStart = buffer[end - 1] === LF;
      at = end;
    }
    this.#rest = buffer.subarray(at);
  }

  /** The end of the line, or of all lines that are content for certain; `at` when there is more to wait for. */
  #nextEnd(buffer: Buffer, at: number): number {
    const waitedFor = this.#header ? limits.headerBytes : longestLine;
    if (this.#header || (this.#lineStart && buffer[at] === 0x2d)) {
      const newline = buffer.indexOf(LF, at);
      if (newline >= 0) return newline + 1;
    } else {
      const dashes = buffer.indexOf('\n--', at);
      const newline = dashes >= 0 ? dashes : buffer.lastIndexOf(LF);
      if (newline >= at) return newline + 1;
    }
    return this.#final || buffer.length - at > waitedFor ? buffer.length : at;
  }

  #takeHeaderLine(line: Buffer, header: Buffer[]): void {
    const text = line.toString('latin1').replace(/[\r\n]+$/, '');
    if (text === '') {
      const leadingBlankLine = this.#partCount === 0 && header.length === 0;
      if (!leadingBlankLine) this.#endHeader();
      return;
    }
    const isField = /^[\x21-\x39\x3b-\x7e]+[ \t]*:/.test(text);
    const isContinuation = !this.#lineStart || (/^[ \t]/.test(text) && header.length > 0);
    if (isField || isContinuation) {
      this.#settleSuspect(header);
      // Blanks before the colon are obsolete syntax; `From :` would be taken for the line below.
      this.#keepHeaderLine(text.replace(/^([^\s:]+)[ \t]+:/, '$1:'), header);
    } else if (/^>?From /.test(text)) {
      // The separator of an mbox file, which some gateways leave in the header.
      return;
    } else if (header.length === 0 || text.startsWith('--') || this.#suspect) {
      this.#defects.add('header_end_missing', 'A header does not end in an empty line.');
      const bodyLines = this.#suspect ? [...header.splice(-1), line] : [line];
      this.#suspect = false;
      this.#endHeader();
      for (const bodyLine of bodyLines) this.#takeContent(bodyLine);
    } else {
      this.#suspect = true;
      header.push(line);
    }
  }

  /** A lone line that is no field was most likely folded without indenting. */
  #settleSuspect(header: Buffer[]): void {
    const line = this.#suspect ? header.pop() : undefined;
    this.#suspect = false;
    if (!line) return;
    this.#defects.add('header_malformed', 'A header line is not a field.');
    this.#keepHeaderLine(` ${line.toString('latin1').trim()}`, header);
  }

  #keepHeaderLine(text: string, header: Buffer[]): void {
    const room = limits.headerBytes - this.#headerBytes;
    this.#headerBytes += text.length;
    if (text.length > room) {
      const message = `A header is larger than ${limits.headerBytes} bytes; its end was left out.`;
      this.#defects.add('header_too_large', message);
    }
    // The beginning of a long field is worth keeping, the beginning of a name is not.
    const kept = text.slice(0, Math.max(room, 0));
    if (/^[^:]+:|^[ \t]/.test(kept)) header.push(Buffer.from(`${kept}\r\n`, 'latin1'));
  }

  #endHeader(): void {
    const lines = this.#header ?? [];
    this.#settleSuspect(lines);
    const parent = this.#open.at(-1);
    const header = readPartHeader(lines, parent?.type);
    this.#header = null;
    this.#headerBytes = 0;
    this.#partCount++;
    const position = parent ? parent.children++ : 0;
    if (header.contentType.value.startsWith('multipart/')) this.#beginMultipart(header);
    else if (!isShownText(header)) this.#beginFile(header);
    else if (position > 0 && header.name && parent?.type !== 'multipart/alternative') {
      // A named text after the first part is a file, although clients call it inline.
      this.#beginFile(header, { 'Content-Disposition': { ...header.disposition, value: 'attachment' } });
    } else this.#waiting = { header, multipart: null };
  }

  #beginMultipart(header: PartHeader): void {
    const { boundary } = header.contentType.params;
    if (boundary && this.#open.length >= limits.depth) {
      this.#defects.add('nested_too_deep', `Parts are nested deeper than ${limits.depth} levels.`);
      this.#beginFile(header, { 'Content-Type': { value: 'application/octet-stream', params: {} } });
      return;
    }
    if (!boundary) {
      this.#defects.add('boundary_missing', 'A multipart names no boundary; it was read as text.');
      this.#waiting = { header, multipart: null };
      return;
    }
    const multipart = {
      type: header.contentType.value,
      delimiter: Buffer.from(`--${boundary}`, 'latin1'),
      frame: `${this.#frame}-${this.#partCount}`,
      children: 0,
    };
    this.#open.push(multipart);
    this.#waiting = { header, multipart };
  }

  #beginFile(header: PartHeader, replaced: Replaced = {}): void {
    this.#content = 'file';
    this.#write(writePartHeader(header, replaced, this.#defects));
  }

  #takeContent(bytes: Buffer): void {
    const delimiter = this.#lineStart && bytes[0] === 0x2d ? this.#findDelimiter(bytes) : null;
    if (delimiter) this.#cross(delimiter);
    else if (this.#waiting) {
      this.#held.push(bytes);
      this.#heldBytes += bytes.length;
      if (this.#heldBytes >= lookAheadBytes) this.#decideAsLeaf();
    } else if (this.#content === 'file') this.#write(bytes);
    else if (this.#content === 'text') this.#writeText(bytes);
  }

  #writeText(bytes: Buffer): void {
    const room = limits.textBytes - this.#textBytes;
    this.#textBytes += bytes.length;
    this.#write(bytes.subarray(0, Math.max(room, 0)));
    if (bytes.length > room)
      this.#defects.add('text_too_long', 'The text is too long; its end was left out.');
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

  #cross({ level, closes }: { level: number; closes: boolean }): void {
    if (!this.#waiting?.multipart) this.#decideAsLeaf();
    while (this.#open.length > level + 1) {
      this.#defects.add('boundary_unclosed', 'A multipart has no closing boundary; the mail may be cut off.');
      this.#close();
    }
    if (closes) {
      this.#close();
      return;
    }
    this.#content = 'nothing';
    if (this.#partCount > limits.parts) {
      const message = `The mail has more than ${limits.parts} parts; the others were left out.`;
      this.#defects.add('too_many_parts', message);
      return;
    }
    if (this.#waiting) this.#decideAsMultipart(this.#waiting.header);
    this.#header = [];
    this.#writeDelimiter('');
  }

  /** Ends the innermost multipart. One without parts is what stands before them: text. */
  #close(): void {
    if (this.#waiting) this.#decideAsLeaf();
    else this.#writeDelimiter('--');
    this.#open.pop();
    this.#content = 'nothing';
  }

  #writeDelimiter(suffix: '' | '--'): void {
    const lineBreak = this.#wroteLine ? '' : '\r\n';
    this.#write(Buffer.from(`${lineBreak}--${this.#open.at(-1)?.frame}${suffix}\r\n`));
  }

  #decideAsMultipart(header: PartHeader): void {
    const { value, params } = header.contentType;
    const boundary = this.#open.at(-1)?.frame ?? '';
    this.#write(
      writePartHeader(header, { 'Content-Type': { value, params: { ...params, boundary } } }, this.#defects),
    );
    this.#waiting = null;
    this.#held = [];
    this.#heldBytes = 0;
  }

  /** Text it is, be it what stands in a multipart without parts. */
  #decideAsLeaf(): void {
    if (!this.#waiting) return;
    const { header, multipart } = this.#waiting;
    if (multipart) this.#defects.add('parts_missing', 'A multipart has no parts; it was read as text.');
    const { value, params } = header.contentType;
    const isHtml = value === 'text/html';
    if (isHtml && !this.#open.some(({ type }) => type === 'multipart/alternative'))
      this.htmlStandsAlone = true;
    const content = Buffer.concat(this.#held);
    const charset =
      findCharset(params.charset, sampleOf(content, header.encoding), isHtml, this.#defects) ??
      params.charset;
    const type = {
      value: isHtml ? value : 'text/plain',
      params: {
        ...(params.format && { format: params.format }),
        ...(params.delsp && { delsp: params.delsp }),
        ...(charset && { charset }),
      },
    };
    this.#write(
      writePartHeader(
        header,
        { 'Content-Type': type, 'Content-Disposition': { value: 'inline', params: {} } },
        this.#defects,
      ),
    );
    this.#waiting = null;
    this.#held = [];
    this.#heldBytes = 0;
    this.#content = 'text';
    this.#writeText(content);
  }

  #write(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#out.push(bytes);
    this.#wroteLine = bytes[bytes.length - 1] === LF;
  }
}

/** The first bytes of a text without their transfer encoding; good enough to tell a charset. */
function sampleOf(content: Buffer, encoding: string): Buffer {
  const whole =
    content.length > lookAheadBytes ? content.lastIndexOf(LF, lookAheadBytes) + 1 : content.length;
  const text = content.toString('latin1', 0, whole || lookAheadBytes);
  if (encoding === 'base64') return Buffer.from(text, 'base64');
  if (encoding !== 'quoted-printable') return Buffer.from(text, 'latin1');
  const octets = text
    .replace(/=[ \t]*\r?\n/g, '')
    .replace(/=([0-9a-f]{2})/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, 'latin1');
}
