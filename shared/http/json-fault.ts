// Where a text stops being JSON, RFC 8259: the parser of the runtime does not always say, and quotes what it must not. Ours,
// since jsonc-parser 3.3.1 descends by recursion, and 100 kB of brackets are more than the stack holds.

/** Line and column (both from 1) of the first token that cannot stand there. Never quotes the text. */
export function jsonFaultAt(text: string): { line: number; column: number } {
  const before = text.slice(0, faultOffset(text));
  const lines = before.split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

// RFC 8259 section 7: of the control characters only the first 32 must be escaped, so U+007F to U+009F may stand.
const string = String.raw`"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"`;
const number = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const space = /[ \t\n\r]*/y;
const scalar = new RegExp(`true|false|null|${number}|${string}`, 'uy');
const name = new RegExp(`${string}[ \\t\\n\\r]*:`, 'uy');

/** What may come next: a value, a member's name, or what follows a value. `OrEnd` just after an opening bracket. */
type Expected = 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'next';

function faultOffset(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  let offset = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = offset;
    const found = pattern.exec(text);
    if (found) offset += found[0].length;
    return found !== null && found[0] !== '';
  };
  for (;;) {
    take(space);
    const character = text[offset] ?? '';
    const closes =
      character !== '' && character === (open.at(-1) === '{' ? '}' : open.at(-1) === '[' ? ']' : '');
    if (closes && (expected === 'next' || expected.endsWith('OrEnd'))) {
      open.pop();
      offset += 1;
      expected = 'next';
    } else if (expected === 'next') {
      if (character !== ',' || open.length === 0) return offset;
      offset += 1;
      expected = open.at(-1) === '{' ? 'name' : 'value';
    } else if (expected === 'name' || expected === 'nameOrEnd') {
      if (!take(name)) return offset;
      expected = 'value';
    } else if (character === '{' || character === '[') {
      open.push(character);
      offset += 1;
      expected = character === '{' ? 'nameOrEnd' : 'valueOrEnd';
    } else {
      if (!take(scalar)) return offset;
      expected = 'next';
    }
  }
}
