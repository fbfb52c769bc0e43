// What a signed or encrypted S/MIME object is, and the content that it is signed around (CMS, RFC 5652; BER, X.690).
//
// Only the way to the content is read, without a tree of the rest: certificates and signatures are a stranger's, and any size.

/** What was found. `content` is null when the object has none, or it needs a key. */
export type CmsObject = {
  kind: 'signed' | 'encrypted' | 'other';
  content: Buffer | null;
  /** Whether the content is there to its end. */
  complete: boolean;
};

/** Object identifiers (RFC 5652 4-8, RFC 5083) as they are written, in hexadecimal. */
const kinds: Record<string, CmsObject['kind']> = {
  '2a864886f70d010702': 'signed',
  '2a864886f70d010703': 'encrypted', // enveloped-data
  '2a864886f70d010706': 'encrypted', // encrypted-data
  '2a864886f70d0109100117': 'encrypted', // authenticated and enveloped
};

const tag = {
  integer: 0x02,
  octets: 0x04,
  octetsInPieces: 0x24,
  identifier: 0x06,
  sequence: 0x30,
  set: 0x31,
  explicit: 0xa0,
};

/** Reads an object; null when it is none. Never fails. */
export function readCms(bytes: Buffer): CmsObject | null {
  const reader = new BerReader(bytes);
  try {
    reader.enter(tag.sequence);
    const kind = kinds[reader.take(tag.identifier).toString('hex')] ?? 'other';
    if (kind !== 'signed') return { kind, content: null, complete: true };
    // RFC 5652 5.1: ContentInfo { SignedData { version, digestAlgorithms, encapContentInfo { type, content } } }
    reader.enter(tag.explicit);
    reader.enter(tag.sequence);
    reader.take(tag.integer);
    reader.skip(tag.set);
    const { end } = reader.enter(tag.sequence);
    reader.take(tag.identifier);
    if (reader.at >= end || reader.peek() !== tag.explicit) return { kind, content: null, complete: true };
    reader.enter(tag.explicit);
    return { kind, ...reader.takeOctets() };
  } catch (error) {
    if (error instanceof NotBer) return null;
    throw error;
  }
}

class NotBer extends Error {}

type Element = { tag: number; start: number; end: number };

/** Reads elements one after the other. The end of one without a length (X.690 8.1.3.6) is infinity. */
class BerReader {
  at = 0;
  #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  peek(): number {
    return this.#byte(this.at);
  }

  /** Goes on with what is inside of the next element. */
  enter(expected: number): Element {
    const element = this.#header();
    if (element.tag !== expected) throw new NotBer();
    this.at = element.start;
    return element;
  }

  /** The content of the next element, which has a length. */
  take(expected: number): Buffer {
    const { start, end } = this.enter(expected);
    if (end > this.#bytes.length) throw new NotBer();
    this.at = end;
    return this.#bytes.subarray(start, end);
  }

  /** Goes beyond the next element, however its length is told. */
  skip(expected: number): void {
    if (this.peek() !== expected) throw new NotBer();
    let open = 0;
    do {
      const { tag: found, start, end } = this.#header();
      if (end === Number.POSITIVE_INFINITY) open++;
      else if (found === 0) open--;
      this.at = end === Number.POSITIVE_INFINITY ? start : end;
    } while (open > 0);
  }

  /** A string of octets, whole or in pieces, as far as it is there. */
  takeOctets(): { content: Buffer; complete: boolean } {
    if (this.peek() === tag.octetsInPieces) return this.#takePieces();
    const { start, end } = this.enter(tag.octets);
    return { content: this.#bytes.subarray(start, end), complete: end <= this.#bytes.length };
  }

  /** X.690 8.7.3: pieces may have pieces. They may be as small as a byte, and are copied, not kept. */
  #takePieces(): { content: Buffer; complete: boolean } {
    const content = Buffer.alloc(this.#bytes.length - this.at);
    let length = 0;
    const ends: number[] = [];
    try {
      do {
        const { tag: found, start, end } = this.#header();
        this.at = start;
        if (found === tag.octetsInPieces) ends.push(end);
        else if (found === 0 && ends.at(-1) === Number.POSITIVE_INFINITY) ends.pop();
        else if (found === tag.octets) {
          length += this.#bytes.copy(content, length, start, end);
          this.at = end;
        } else throw new NotBer();
        while (ends.length > 0 && this.at >= (ends.at(-1) as number)) ends.pop();
      } while (ends.length > 0);
      return { content: content.subarray(0, length), complete: this.at <= this.#bytes.length };
    } catch (error) {
      if (error instanceof NotBer) return { content: content.subarray(0, length), complete: false };
      throw error;
    }
  }

  #header(): Element {
    const found = this.#byte(this.at);
    // Tags above 30 take more bytes (X.690 8.1.2.4), and stand nowhere on the way.
    if ((found & 0x1f) === 0x1f) throw new NotBer();
    const first = this.#byte(this.at + 1);
    const start = this.at + 2;
    if (first === 0x80) return { tag: found, start, end: Number.POSITIVE_INFINITY };
    if (first < 0x80) return { tag: found, start, end: start + first };
    const count = first & 0x7f;
    if (count > 6) throw new NotBer();
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#byte(start + i);
    return { tag: found, start: start + count, end: start + count + length };
  }

  #byte(at: number): number {
    const byte = this.#bytes[at];
    if (byte === undefined) throw new NotBer();
    return byte;
  }
}
