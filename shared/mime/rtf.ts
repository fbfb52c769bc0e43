// RTF to what a person reads of it: the HTML that it carries inside (MS-OXRTFEX), or its words.

import { decodeCodepage } from './codepage.ts';

/** What an RTF text says, in one of two forms. */
export type RtfContent = { html: string } | { text: string };

/** Groups of which nothing is shown, beside those that are marked `\*`. */
const unshown = new Set(
  'fonttbl colortbl stylesheet info pict header headerl headerr headerf footer footerl footerr footerf'.split(
    ' ',
  ),
);

/** Control words that stand for characters, in words and in HTML. */
const characters: Record<string, [text: string, html: string]> = {
  par: ['\n', '\r\n'],
  line: ['\n', '\r\n'],
  sect: ['\n', '\r\n'],
  page: ['\n', '\r\n'],
  row: ['\n', '\r\n'],
  cell: ['\t', '\t'],
  tab: ['\t', '\t'],
  emdash: ['\u2014', '&mdash;'],
  endash: ['\u2013', '&ndash;'],
  bullet: ['\u2022', '&bull;'],
  lquote: ['\u2018', '&lsquo;'],
  rquote: ['\u2019', '&rsquo;'],
  ldblquote: ['\u201c', '&ldquo;'],
  rdblquote: ['\u201d', '&rdquo;'],
  '~': ['\u00a0', '&nbsp;'],
  _: ['\u2011', '&#8209;'],
  '-': ['', '&shy;'],
  '\n': ['\n', '\r\n'],
  '\r': ['\n', '\r\n'],
  '\\': ['\\', '\\'],
  '{': ['{', '{'],
  '}': ['}', '}'],
};

/** Code pages of the character sets that fonts name (RTF 1.9.1, `\fcharset`). */
const codepageOfCharset: Record<number, number> = {
  0: 1252,
  77: 10000,
  128: 932,
  129: 949,
  134: 936,
  136: 950,
  161: 1253,
  162: 1254,
  163: 1258,
  177: 1255,
  178: 1256,
  186: 1257,
  204: 1251,
  222: 874,
  238: 1250,
};

/** Groups inside each other; what lies deeper counts as if it lay there. */
const deepest = 1000;

type Group = {
  /** What the words of the group are. `tag` is HTML as it stands. */
  role: 'shown' | 'unshown' | 'fonts' | 'tag';
  /** Between `\htmlrtf` and `\htmlrtf0` stands what only readers of RTF show. */
  rtfOnly: boolean;
  font: number;
  /** How many characters follow a Unicode one for those who do not know it (`\uc`). */
  fallback: number;
};

const token = /\\(?:([a-z]{1,32})(-?\d{1,9})? ?|'([0-9a-f]{2})|([^a-z]))|[{}]|[\r\n]+|[^\\{}\r\n]+/giy;

/** Reads RTF as far as it goes. Never fails. */
export function readRtf(rtf: Buffer): RtfContent {
  return new RtfReader(rtf.toString('latin1')).read();
}

class RtfReader {
  #rtf: string;
  #isHtml: boolean;
  #group: Group = { role: 'shown', rtfOnly: false, font: -1, fallback: 1 };
  #outer: Group[] = [];
  #tooDeep = 0;
  #codepage = 1252;
  #codepageOfFont = new Map<number, number>();
  #out: string[] = [];
  /** Bytes of shown text, which wait for each other: a character may have two. */
  #pending: string[] = [];
  #toSkip = 0;
  /** Whether `\*` came last: a group that whoever does not know it does not show. */
  #starred = false;

  constructor(rtf: string) {
    this.#rtf = rtf;
    this.#isHtml = /\\fromhtml1?\b/.test(rtf.slice(0, 1000));
  }

  read(): RtfContent {
    token.lastIndex = 0;
    for (let match = token.exec(this.#rtf); match; match = token.exec(this.#rtf)) {
      const [all, word, number, hex, symbol] = match;
      if (word !== undefined) {
        const value = number === undefined ? undefined : Number(number);
        if (word === 'bin') token.lastIndex += Math.max(value ?? 0, 0);
        else this.#control(word, value);
      } else if (hex !== undefined) this.#text(String.fromCharCode(Number.parseInt(hex, 16)), 1);
      else if (symbol !== undefined) this.#symbol(symbol);
      else if (all === '{') this.#begin();
      else if (all === '}') this.#end();
      else if (all[0] !== '\r' && all[0] !== '\n') this.#text(all, all.length);
    }
    this.#decode();
    const content = this.#out.join('').toWellFormed();
    return this.#isHtml ? { html: content } : { text: content };
  }

  #begin(): void {
    this.#decode();
    if (this.#outer.length >= deepest) this.#tooDeep++;
    else {
      this.#outer.push(this.#group);
      this.#group = { ...this.#group };
    }
    this.#starred = false;
    this.#toSkip = 0;
  }

  #end(): void {
    this.#decode();
    if (this.#tooDeep > 0) this.#tooDeep--;
    else this.#group = this.#outer.pop() ?? this.#group;
    this.#toSkip = 0;
  }

  #symbol(symbol: string): void {
    if (symbol === '*') this.#starred = true;
    else this.#write(symbol);
  }

  #control(word: string, value: number | undefined): void {
    const starred = this.#starred;
    this.#starred = false;
    const group = this.#group;
    if (word === 'u') this.#unicode(value ?? 0);
    else if (word === 'uc') group.fallback = value ?? 1;
    else if (word === 'f') this.#useFont(value ?? 0);
    else if (word === 'deff') group.font = value ?? 0;
    else if (word === 'ansicpg') this.#codepage = value || 1252;
    else if (word === 'fcharset' && group.role === 'fonts')
      this.#codepageOfFont.set(group.font, codepageOfCharset[value ?? 0] ?? this.#codepage);
    else if (word === 'htmlrtf') {
      this.#decode();
      group.rtfOnly = value !== 0;
    } else if (word === 'fonttbl') group.role = 'fonts';
    else if (word === 'htmltag' && starred && this.#isHtml) group.role = 'tag';
    else if (starred || unshown.has(word)) group.role = 'unshown';
    else this.#write(word);
  }

  #useFont(font: number): void {
    if (this.#group.role === 'shown') this.#decode();
    this.#group.font = font;
  }

  /** RTF 1.9.1 `\u`: 16 bits, signed; a character beyond them comes in two. */
  #unicode(value: number): void {
    this.#decode();
    if (this.#isShown) this.#out.push(String.fromCharCode(value & 0xffff));
    this.#toSkip = this.#group.fallback;
  }

  #text(bytes: string, count: number): void {
    this.#starred = false;
    const skipped = Math.min(this.#toSkip, count);
    this.#toSkip -= skipped;
    if (this.#isShown && skipped < count) this.#pending.push(bytes.slice(skipped));
  }

  #write(word: string): void {
    const forms = Object.hasOwn(characters, word) ? characters[word] : undefined;
    if (!forms) return;
    if (this.#toSkip > 0) this.#toSkip--;
    else if (this.#isShown) {
      this.#decode();
      this.#out.push(forms[this.#isHtml && this.#group.role !== 'tag' ? 1 : 0]);
    }
  }

  get #isShown(): boolean {
    const { role, rtfOnly } = this.#group;
    return role === 'tag' || (role === 'shown' && !(rtfOnly && this.#isHtml));
  }

  #decode(): void {
    if (this.#pending.length === 0) return;
    const { role, font } = this.#group;
    const bytes = Buffer.from(this.#pending.splice(0).join(''), 'latin1');
    const codepage = role === 'tag' ? this.#codepage : (this.#codepageOfFont.get(font) ?? this.#codepage);
    const text = decodeCodepage(bytes, codepage);
    // What is not a tag has no tags; entities stand in tags.
    this.#out.push(
      this.#isHtml && role !== 'tag' ? text.replace(/[<>]/g, c => (c === '<' ? '&lt;' : '&gt;')) : text,
    );
  }
}
