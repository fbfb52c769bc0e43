// Bytes to parts: finds headers, boundaries and content of a mail as it streams by (RFC 5322 2.1, RFC 2046 5.1).
//
// What mailparser's splitter does not do, and real mail needs: boundary lines with trailing blanks (RFC 2046 5.1.1
// "transport padding"), an outer boundary that ends unclosed inner parts (5.1.2), lines that end in CR or CR CR LF,
// headers that run into the body, multiparts without parts, and limits that leave something out instead of failing.

import type { Defects } from './defects.ts';
import { limits } from './limits.ts';
import {
  CR,
  contentEnd,
  DASH,
  fieldNameLength,
  isMboxSeparator,
  LF,
  lineBreakBefore,
  withLineFeeds,
  withoutPossibleDelimiter,
} from './lines.ts';
import { isMultipart, type Part, readPart } from './part.ts';

/** Takes the content of one leaf, still in its transfer encoding, in order. */
export type ContentSink = { write(bytes: Buffer): void; end(): void };

const lineThenDashes = Buffer.from('\n--');
/** No delimiter line is longer: boundaries have at most 70 characters (RFC 2046 5.1.1), real ones some more. */
const longestDelimiterLine = 1000;
/** A line is waited for until its end, unless it is this long. */
const longestLine = 64 * 1024;
/** The beginning of the mail that tells which line ends it has. */
const probeBytes = 4096;

type Open = { part: Part; delimiter: Buffer; preamble: Buffer[]; preambleBytes: number };

/** Splits one mail. Give it all bytes by `write`, then `end`; `openLeaf` is asked for a sink for each leaf. */
export class Splitter {
  #openLeaf: (part: Part) => ContentSink;
  #defects: Defects;
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;
  #final = false;
  #lineEndsKnown = false;
  #bareCarriageReturns = false;

  #state: 'header' | 'body' = 'header';
  /** Whether `#at` is where a line begins. */
  #lineStart = true;
  #header: Buffer[] = [];
  #headerBytes = 0;
  /** The last header line, when it is no field: a second one in a row means that the body has begun. */
  #suspect: Buffer | null = null;
  #root: Part | null = null;
  #partCount = 0;
  #parent: Part | null = null;
  #open: Open[] = [];
  /** Where content goes: a leaf, the preamble of a multipart, or nowhere (epilogue, parts beyond the limit). */
  #sink: ContentSink | null = null;

  constructor(openLeaf: (part: Part) => ContentSink, defects: Defects) {
    this.#openLeaf = openLeaf;
    this.#defects = defects;
  }

  write(bytes: Buffer): void {
    const more = this.#bareCarriageReturns ? withLineFeeds(bytes) : bytes;
    this.#buffer =
      this.#at < this.#buffer.length ? Buffer.concat([this.#buffer.subarray(this.#at), more]) : more;
    this.#at = 0;
    if (!this.#lineEndsKnown && !this.#probeLineEnds()) return;
    while (
      this.#at < this.#buffer.length &&
      (this.#state === 'header' ? this.#readHeaderLine() : this.#readBody())
    );
  }

  /** Ends the mail and gives the root of its parts. */
  end(): Part {
    this.#final = true;
    this.write(Buffer.alloc(0));
    if (this.#state === 'header') this.#endHeader();
    this.#endLeaf();
    this.#closeDownTo(0);
    // `#endHeader` has made a root at the latest above.
    return this.#root as Part;
  }

  /** Decides once, on the same bytes however they arrive, whether the mail has CR alone as its line ends. */
  #probeLineEnds(): boolean {
    if (!this.#final && this.#buffer.length < probeBytes) return false;
    this.#lineEndsKnown = true;
    const probe = this.#buffer.subarray(0, probeBytes);
    this.#bareCarriageReturns = probe.includes(CR) && !probe.includes(LF);
    if (this.#bareCarriageReturns) {
      this.#defects.add('bare_carriage_returns', 'Lines end in CR alone; they were read as line ends.');
      this.#buffer = withLineFeeds(this.#buffer);
    }
    const byteOrderMark = probe[0] === 0xef && probe[1] === 0xbb && probe[2] === 0xbf;
    if (byteOrderMark) this.#at = 3;
    return true;
  }

  /** Takes one line of a header. Gives whether to go on. */
  #readHeaderLine(): boolean {
    const newline = this.#buffer.indexOf(LF, this.#at);
    const waiting = newline < 0 && !this.#final;
    if (waiting && this.#buffer.length - this.#at < longestLine) return false;
    const start = this.#at;
    const end = newline < 0 ? this.#buffer.length : newline + 1;
    const line = this.#buffer.subarray(start, end);
    const continued = !this.#lineStart;
    this.#lineStart = !waiting;
    this.#at = end;
    if (continued) {
      this.#keepHeaderLine(line, true);
      return true;
    }

    const length = contentEnd(line, 0, line.length);
    if (length === 0) {
      const leadingBlankLine = this.#root === null && this.#headerBytes === 0;
      if (!leadingBlankLine) this.#endHeader();
      return true;
    }
    const indented = line[0] === 0x20 || line[0] === 0x09;
    const isField = fieldNameLength(line, 0, length) > 0;
    if (isField || (indented && this.#headerBytes > 0) || isMboxSeparator(line)) {
      this.#suspect = null;
      this.#keepHeaderLine(line);
    } else if (this.#headerBytes === 0 || (line[0] === DASH && line[1] === DASH)) {
      // No header at all, or a boundary without the empty line before it.
      this.#defects.add('header_end_missing', 'A header does not end in an empty line.');
      this.#endHeader();
      this.#at = start;
      this.#lineStart = true;
    } else if (this.#suspect) {
      this.#defects.add('header_end_missing', 'A header does not end in an empty line.');
      const firstBodyLine = this.#suspect;
      this.#header.pop();
      this.#endHeader();
      this.#buffer = Buffer.concat([firstBodyLine, this.#buffer.subarray(start)]);
      this.#at = 0;
      this.#lineStart = true;
    } else {
      this.#suspect = line;
      this.#keepHeaderLine(line);
    }
    return true;
  }

  #keepHeaderLine(line: Buffer, continued = false): void {
    const kept = line.subarray(0, Math.max(limits.headerBytes - this.#headerBytes, 0));
    this.#headerBytes += line.length;
    if (kept.length < line.length) {
      this.#defects.add(
        'header_too_large',
        `A header is larger than ${limits.headerBytes} bytes; its end was left out.`,
      );
    }
    // The beginning of a long field is worth keeping, the beginning of a name is not.
    const worthKeeping =
      continued || kept.length === line.length || fieldNameLength(kept, 0, kept.length) > 0;
    if (worthKeeping) this.#header.push(kept);
  }

  #endHeader(): void {
    const part = readPart(Buffer.concat(this.#header), this.#parent, this.#defects);
    this.#header = [];
    this.#headerBytes = 0;
    this.#suspect = null;
    this.#state = 'body';
    this.#lineStart = true;
    this.#root ??= part;
    this.#parent?.children.push(part);

    const boundary = part.contentType.parameters.get('boundary');
    if (isMultipart(part) && boundary && this.#open.length < limits.depth) {
      const open: Open = { part, delimiter: Buffer.from(`--${boundary}`), preamble: [], preambleBytes: 0 };
      this.#open.push(open);
      this.#sink = { write: bytes => keepPreamble(open, bytes), end: () => {} };
      return;
    }
    if (isMultipart(part)) {
      if (boundary) {
        this.#defects.add('nested_too_deep', `Parts are nested deeper than ${limits.depth} levels.`);
        part.disposition.value = 'attachment';
      } else {
        this.#defects.add('boundary_missing', 'A multipart names no boundary; it was read as text.');
        part.type = 'text/plain';
      }
    }
    this.#sink = this.#openLeaf(part);
  }

  /** Takes content up to the next delimiter line or the end of what is there. Gives whether to go on. */
  #readBody(): boolean {
    const buffer = this.#buffer;
    const from = this.#at;
    let search = from;
    let dashes = this.#lineStart && buffer[from] === DASH && buffer[from + 1] === DASH ? from : -1;
    for (;;) {
      if (dashes < 0) dashes = buffer.indexOf(lineThenDashes, search) + 1 || -1;
      if (dashes < 0)
        return this.#takeContent(
          this.#final ? buffer.length : withoutPossibleDelimiter(buffer, from, this.#lineStart),
        );
      const newline = buffer.indexOf(LF, dashes);
      const end = newline < 0 ? buffer.length : newline + 1;
      if (newline < 0 && !this.#final && end - dashes < longestDelimiterLine) {
        return this.#takeContent(lineBreakBefore(buffer, from, dashes));
      }
      const delimiter = this.#findDelimiter(buffer.subarray(dashes, end));
      if (delimiter) {
        this.#takeContent(lineBreakBefore(buffer, from, dashes));
        this.#at = end;
        this.#lineStart = true;
        this.#cross(delimiter);
        return true;
      }
      search = dashes;
      dashes = -1;
    }
  }

  /** Gives content up to `end` to its sink. Never asks to go on: what is left needs more bytes. */
  #takeContent(end: number): false {
    if (end > this.#at) {
      this.#sink?.write(this.#buffer.subarray(this.#at, end));
      this.#lineStart = false;
    }
    this.#at = end;
    return false;
  }

  /** RFC 2046 5.1.1: `--boundary`, `--` when it closes, then nothing but blanks. The innermost multipart is asked first. */
  #findDelimiter(line: Buffer): { level: number; closes: boolean } | null {
    if (line.length > longestDelimiterLine) return null;
    for (let level = this.#open.length - 1; level >= 0; level--) {
      const delimiter = (this.#open[level] as Open).delimiter;
      if (line.length < delimiter.length || delimiter.compare(line, 0, delimiter.length) !== 0) continue;
      const rest = line.toString('latin1', delimiter.length);
      if (/^\s*$/.test(rest)) return { level, closes: false };
      if (/^--\s*$/.test(rest)) return { level, closes: true };
    }
    return null;
  }

  #cross({ level, closes }: { level: number; closes: boolean }): void {
    this.#endLeaf();
    this.#closeDownTo(level + 1);
    const open = this.#open[level] as Open;
    if (closes) {
      this.#close(open);
      this.#open.pop();
      return;
    }
    if (++this.#partCount > limits.parts) {
      this.#defects.add(
        'too_many_parts',
        `The mail has more than ${limits.parts} parts; the others were left out.`,
      );
      return;
    }
    this.#parent = open.part;
    this.#state = 'header';
  }

  #endLeaf(): void {
    this.#sink?.end();
    this.#sink = null;
  }

  #closeDownTo(level: number): void {
    while (this.#open.length > level) {
      this.#defects.add('boundary_unclosed', 'A multipart has no closing boundary; the mail may be cut off.');
      this.#close(this.#open.pop() as Open);
    }
  }

  /** A multipart without parts is what stands before them: text. */
  #close(open: Open): void {
    if (open.part.children.length > 0) return;
    this.#defects.add('parts_missing', 'A multipart has no parts; it was read as text.');
    open.part.type = 'text/plain';
    const sink = this.#openLeaf(open.part);
    for (const bytes of open.preamble) sink.write(bytes);
    sink.end();
  }
}

function keepPreamble(open: Open, bytes: Buffer): void {
  open.preambleBytes += bytes.length;
  if (open.preambleBytes <= limits.textBytes) open.preamble.push(bytes);
}
