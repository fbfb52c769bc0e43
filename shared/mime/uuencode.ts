// Files written into the text, uuencoded (IEEE 1003.1 uuencode), as programs older than MIME do.

/** A file found in the text. */
export type UuencodedFile = { name: string; content: Buffer };

/** `begin`, octal permissions, a name. */
const beginLine = /^begin [0-7]{3,4} (\S.*)$/;

/**
 * Decodes one line: its first character says how many bytes it holds, each further one is six bits plus 32, with
 * a grave accent or a space for zero.
 *
 * @returns null when the line is not uuencoded
 */
function decodeLine(line: string): Buffer | null {
  const length = (line.charCodeAt(0) - 32) & 63;
  if (!/^[ -`]+$/.test(line) || line.length - 1 < Math.floor((length * 4) / 3)) return null;
  const bytes = Buffer.alloc(Math.ceil(length / 3) * 3);
  for (let group = 0; group * 3 < length; group++) {
    let bits = 0;
    for (let i = 0; i < 4; i++) bits = bits * 64 + ((line.charCodeAt(1 + group * 4 + i) - 32) & 63 || 0);
    bytes.writeUIntBE(bits, group * 3, 3);
  }
  return bytes.subarray(0, length);
}

/**
 * Takes the uuencoded files out of a text.
 *
 * @param text with `\n` as line ends
 * @returns the text without them, and the files; a `begin` without a proper `end` is left as the words it probably is
 */
export function takeUuencodedFiles(text: string): { text: string; files: UuencodedFile[] } {
  const files: UuencodedFile[] = [];
  if (!text.includes('\nend') || !/^begin [0-7]{3,4} /m.test(text)) return { text, files };
  const lines = text.split('\n');
  const kept: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    const name = beginLine.exec(line)?.[1];
    const file = name === undefined ? null : decodeFile(lines, at + 1);
    if (name === undefined || !file) {
      kept.push(line);
      continue;
    }
    files.push({ name, content: file.content });
    at = file.end;
  }
  return { text: kept.join('\n'), files };
}

/** Decodes from the line after `begin`; null at the first line that is not uuencoded, so that nothing is read twice for long. */
function decodeFile(lines: string[], start: number): { content: Buffer; end: number } | null {
  const decoded: Buffer[] = [];
  for (let at = start; at < lines.length; at++) {
    const line = (lines[at] as string).trimEnd();
    if (line === 'end') return { content: Buffer.concat(decoded), end: at };
    if (line === '') continue;
    const bytes = decodeLine(lines[at] as string);
    if (!bytes) return null;
    decoded.push(bytes);
  }
  return null;
}
