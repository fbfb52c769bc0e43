// The multiparts that are open where a mail is being read, the outermost first, and their delimiters (RFC 2046 5.1.1).

import type { Structured } from './parameters.ts';
import { DASH } from './pieces.ts';

/** `types`: what it may be, when its header says so more than once, until the first delimiter tells. */
export type Multipart = {
  types: { contentType: Structured; delimiter: Buffer }[];
  /** The boundary that mailparser gets for it. */
  frame: string;
  /** Parts that have begun. */
  children: number;
};

/** A delimiter of the multipart at a level, 0 being the outermost. */
export type Delimiter = { level: number; closes: boolean };

/** @param contentTypes of one header, each a multipart with a boundary */
export function multipart(contentTypes: Structured[], frame: string): Multipart {
  const types = contentTypes.map(contentType => ({
    contentType,
    delimiter: Buffer.from(`--${contentType.params.boundary}`),
  }));
  return { types, frame, children: 0 };
}

/** The media type, undefined outside of all multiparts. */
export function typeOf(multipart: Multipart | undefined): string | undefined {
  return multipart?.types[0]?.contentType.value;
}

/**
 * Finds whose delimiter a line is: `--boundary`, `--` when it closes, then nothing but blanks. Of the multiparts
 * between two levels the innermost is asked first. From then on its type is the one that names this boundary.
 */
export function findDelimiter(line: Buffer, open: Multipart[], from: number, to: number): Delimiter | null {
  if (line[0] !== DASH) return null;
  for (let level = to - 1; level >= from; level--) {
    const multipart = open[level];
    for (const type of multipart?.types ?? []) {
      const { delimiter } = type;
      if (line.length < delimiter.length || delimiter.compare(line, 0, delimiter.length) !== 0) continue;
      const rest = line.toString('latin1', delimiter.length, delimiter.length + 1000);
      if (!/^(?:--)?\s*$/.test(rest)) continue;
      if (multipart) multipart.types = [type];
      return { level, closes: rest.startsWith('--') };
    }
  }
  return null;
}

/** Whether a multipart has parts in what stands behind its header. */
export function hasDelimiter({ types }: Multipart, bytes: Buffer): boolean {
  return types.some(
    ({ delimiter }) =>
      bytes.subarray(0, delimiter.length).equals(delimiter) || bytes.includes(`\n${delimiter}`),
  );
}
