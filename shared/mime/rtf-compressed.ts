// RTF as Outlook packs it (MS-OXRTFCP): runs of a window of 4 kB that begins with the words most RTF begins with.

import { limits } from './limits.ts';

const headerBytes = 16;
const compressed = 0x75465a4c; // "LZFu"
const uncompressed = 0x414c454d; // "MELA"
const windowBytes = 4096;

/** MS-OXRTFCP 2.1.2.1, 207 bytes. */
const beginning =
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor ' +
  'MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par ' +
  '\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx';

/**
 * Unpacks RTF, as far as it goes: its checksum is not looked at.
 *
 * @returns null when it is not packed in a way that is known
 */
export function unpackRtf(bytes: Buffer): { rtf: Buffer; complete: boolean } | null {
  if (bytes.length < headerBytes) return null;
  const size = bytes.readUInt32LE(4);
  const type = bytes.readUInt32LE(8);
  const wanted = Math.min(size, limits.rtfBytes);
  const rtf =
    type === compressed
      ? decompress(bytes, wanted)
      : type === uncompressed
        ? bytes.subarray(headerBytes, headerBytes + wanted)
        : null;
  return rtf && { rtf, complete: rtf.length === size };
}

/** MS-OXRTFCP 3.1.3.2: a byte of eight flags, then for each a byte as it is or two that name a run of the window. */
function decompress(bytes: Buffer, size: number): Buffer {
  // A run of 17 bytes is the most that two bytes can name.
  const out = Buffer.alloc(Math.min(size, (bytes.length - headerBytes) * 9));
  const window = Buffer.alloc(windowBytes);
  window.write(beginning, 'latin1');
  let at = headerBytes;
  let writtenTo = beginning.length;
  let length = 0;
  const put = (byte: number) => {
    window[writtenTo] = byte;
    writtenTo = (writtenTo + 1) % windowBytes;
    if (length < out.length) out[length++] = byte;
  };
  while (at < bytes.length && length < out.length) {
    const flags = bytes[at++] as number;
    for (let bit = 0; bit < 8 && at < bytes.length; bit++) {
      if ((flags & (1 << bit)) === 0) {
        put(bytes[at++] as number);
        continue;
      }
      if (at + 2 > bytes.length) return out.subarray(0, length);
      const run = bytes.readUInt16BE(at);
      at += 2;
      const start = run >> 4;
      // A run that begins where the next byte is written ends the text.
      if (start === writtenTo) return out.subarray(0, length);
      for (let i = 0; i < (run & 15) + 2; i++) put(window[(start + i) % windowBytes] as number);
    }
  }
  return out.subarray(0, length);
}
