// The lines of one header as they stream by: where they end, and what has to be mended among them (RFC 5322 2.2).

import type { Defects } from './defects.ts';
import { fieldsAsUtf8 } from './header-charset.ts';
import { limits } from './limits.ts';

/** Fields whose coming shows that the header goes on. Those of a part are few; a mail's stand once, but for the others below. */
const fieldsOfPart = /^content-/;
const fieldsOfMail =
  /^(?:bcc|cc|date|delivered-to|from|in-reply-to|message-id|mime-version|references|reply-to|return-path|sender|subject|to)$/;
const repeatedFields = /^(?:arc-|authentication-results$|dkim-signature$|list-|received|x-)/;
/** So many lines, and so long ones, are looked at beyond one that is no field. */
const linesInDoubt = 100;
const bytesInDoubt = 64 * 1024;

/** Collects the lines of a header until its end. */
export class HeaderBlock {
  /** Fields as they came, in Latin-1, folded with CR LF. */
  #fields: string[] = [];
  #seen = new Set<string>();
  #bytes = 0;
  /** Lines from one on that is no field: folded without indenting, or the body already. What follows tells. */
  #doubt: { lines: Buffer[]; bytes: number } = { lines: [], bytes: 0 };
  #isIndented = false;
  #isMail: boolean;
  #defects: Defects;

  /** @param isMail whether it is the header of the mail itself, not that of a part */
  constructor(isMail: boolean, defects: Defects) {
    this.#isMail = isMail;
    this.#defects = defects;
  }

  get empty(): boolean {
    return this.#fields.length === 0 && this.#doubt.lines.length === 0;
  }

  /** The fields, decoded, each ends in CR LF. Complete when the header has ended. */
  lines(): string[] {
    return fieldsAsUtf8(this.#fields, this.#defects).map(field => `${field}\r\n`.toWellFormed());
  }

  /**
   * Takes a line.
   *
   * @param continued whether it is the rest of a line too long to be held
   * @returns null while the header goes on; at its end the lines that belong to the body already
   */
  take(line: Buffer, continued: boolean): Buffer[] | null {
    const text = withoutLineEnd(line);
    if (this.#doubt.lines.length > 0) return this.#takeInDoubt(line, text);
    if (text === '' && !continued) return [];
    if (continued) this.#append(text);
    else if (this.#isIndentedField(text)) this.#keep(text.trimStart());
    else if (fieldName(text) || (isFolded(text) && this.#fields.length > 0)) this.#keep(text);
    // The separator of an mbox file, which some gateways leave in the header.
    else if (/^>?From /.test(text)) return null;
    else if (text.startsWith('--')) return this.#endMissing(line);
    else this.#doubt = { lines: [line], bytes: line.length };
    return null;
  }

  /** A header that begins with a blank may be indented as a whole; then its fields are those that are known. */
  #isIndentedField(text: string): boolean {
    const name = isFolded(text) ? fieldName(text.trimStart()) : undefined;
    if (this.#fields.length === 0) this.#isIndented = name !== undefined;
    return name !== undefined && this.#isIndented && (this.#fields.length === 0 || this.#isEvidence(name));
  }

  #takeInDoubt(line: Buffer, text: string): Buffer[] | null {
    if (text === '') {
      // A line alone that is no field is what the part says, not its header.
      if (this.#doubt.lines.length > 1 || this.#fields.length === 0) return this.#endMissing(line);
      this.#settle();
      return [];
    }
    if (this.#showsHeader(text)) {
      this.#settle();
      this.#keep(text);
      return null;
    }
    const { lines, bytes } = this.#doubt;
    if (text.startsWith('--') || lines.length >= linesInDoubt || bytes > bytesInDoubt)
      return this.#endMissing(line);
    lines.push(line);
    this.#doubt.bytes += line.length;
    return null;
  }

  /** Whether a line shows that those in doubt before it are of the header. */
  #showsHeader(text: string): boolean {
    const { lines } = this.#doubt;
    const name = fieldName(text);
    const isAlone = lines.length === 1;
    if (isAlone && this.#fields.length > 0) return name !== undefined || isFolded(text);
    if (!name || !this.#isEvidence(name)) return false;
    // Of lines before the first field only the rest of one that was lost is no text.
    return isAlone || this.#fields.length > 0 || lines.every(line => isFolded(withoutLineEnd(line)));
  }

  /** A field that a mail has once, and has had already, is more likely quoted in its text. */
  #isEvidence(name: string): boolean {
    if (fieldsOfPart.test(name)) return !this.#seen.has(name);
    if (!this.#isMail) return false;
    if (repeatedFields.test(name)) return true;
    // What a complete header is followed by is the text of somebody who quotes another.
    const isComplete = this.#seen.has('from') && this.#seen.has('date');
    return fieldsOfMail.test(name) && !this.#seen.has(name) && !isComplete;
  }

  #endMissing(line: Buffer): Buffer[] {
    this.#defects.add('header_end_missing', 'A header does not end in an empty line.');
    const body = [...this.#doubt.lines, line];
    this.#doubt = { lines: [], bytes: 0 };
    return body;
  }

  /** The lines in doubt were folded without indenting. Before the first field they belong to none. */
  #settle(): void {
    this.#defects.add('header_malformed', 'A header line is not a field.');
    for (const line of this.#doubt.lines) {
      const text = withoutLineEnd(line);
      if (fieldName(text)) this.#keep(text);
      else if (this.#fields.length > 0) this.#keep(` ${text.trim()}`);
    }
    this.#doubt = { lines: [], bytes: 0 };
  }

  #keep(text: string): void {
    const kept = this.#within(text);
    const name = fieldName(kept);
    if (isFolded(kept)) this.#fields.push(`${this.#fields.pop()}\r\n${kept}`);
    else if (name) {
      // Blanks before the colon are obsolete syntax, and `From :` would be taken for the separator above.
      this.#fields.push(kept.replace(/^([^\s:]+)[ \t]+:/, '$1:'));
      this.#seen.add(name);
    }
  }

  #append(text: string): void {
    if (this.#fields.length > 0) this.#fields.push(`${this.#fields.pop()}${this.#within(text)}`);
  }

  /** The beginning of a long field is worth keeping, the beginning of a name is not. */
  #within(text: string): string {
    const room = Math.max(limits.headerBytes - this.#bytes, 0);
    this.#bytes += text.length + '\r\n'.length;
    if (text.length + '\r\n'.length > room) {
      const message = `A header is larger than ${limits.headerBytes} bytes; its end was left out.`;
      this.#defects.add('header_too_large', message);
    }
    return text.slice(0, room);
  }
}

/** Lower case, undefined when the line is no field. Blanks before the colon are obsolete syntax. */
function fieldName(line: string): string | undefined {
  return /^([\x21-\x39\x3b-\x7e]+)[ \t]*:/.exec(line)?.[1]?.toLowerCase();
}

function isFolded(line: string): boolean {
  return line.startsWith(' ') || line.startsWith('\t');
}

function withoutLineEnd(line: Buffer): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === 0x0a || line[end - 1] === 0x0d)) end--;
  return line.toString('latin1', 0, end);
}
