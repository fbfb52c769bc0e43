// What the lines of POP3's listings say: CAPA (RFC 2449 5), LIST and UIDL (RFC 1939 5, 7).

/** Capabilities in upper case, with their arguments. */
export function parseCapabilities(lines: string[]): Map<string, string[]> {
  return new Map(
    lines.map(line => {
      const [name = '', ...parameters] = line.split(' ');
      return [name.toUpperCase(), parameters];
    }),
  );
}

/** Sizes in octets by message number. */
export function parseSizes(lines: string[]): Map<number, number> {
  return new Map(
    lines.map(line => line.split(' ').map(Number)).map(([number = 0, size = 0]) => [number, size]),
  );
}

/** Unique ids by message number. */
export function parseUidls(lines: string[]): Map<number, string> {
  return new Map(
    lines.map(line => {
      const [, number, uid = ''] = /^(\d+) *(.*)$/.exec(line) ?? [];
      return [Number(number), uid.trim()];
    }),
  );
}
