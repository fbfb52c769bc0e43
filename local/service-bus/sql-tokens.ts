// Splits the text of a SQL filter into tokens.

export type Token =
  | { kind: 'word'; text: string }
  | { kind: 'identifier'; text: string }
  | { kind: 'string'; value: string }
  | { kind: 'number'; value: number }
  | { kind: 'symbol'; text: string };

const patterns: { pattern: RegExp; token: (text: string) => Token | undefined }[] = [
  { pattern: /\s+/y, token: () => undefined },
  { pattern: /'(?:[^']|'')*'/y, token: text => ({ kind: 'string', value: unquote(text, "'") }) },
  { pattern: /"(?:[^"]|"")*"/y, token: text => ({ kind: 'identifier', text: unquote(text, '"') }) },
  { pattern: /\[(?:[^\]]|\]\])*\]/y, token: text => ({ kind: 'identifier', text: unquote(text, ']') }) },
  { pattern: /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y, token: text => ({ kind: 'number', value: Number(text) }) },
  { pattern: /\p{L}[_\p{L}\p{Nd}]*/uy, token: text => ({ kind: 'word', text }) },
  { pattern: /<>|!=|<=|>=|[=<>(),.-]/y, token: text => ({ kind: 'symbol', text }) },
];

/** The tokens in order. Throws on a character that starts none, e.g. an arithmetic operator. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < sql.length) {
    const found = matchAt(sql, position);
    if (!found) throw new Error(`SQL filter not understood at "${sql.slice(position)}" in: ${sql}`);
    if (found.token) tokens.push(found.token);
    position = found.end;
  }
  return tokens;
}

function matchAt(sql: string, position: number): { token: Token | undefined; end: number } | undefined {
  for (const { pattern, token } of patterns) {
    pattern.lastIndex = position;
    const text = pattern.exec(sql)?.[0];
    if (text !== undefined) return { token: token(text), end: position + text.length };
  }
  return undefined;
}

/** The inside of a delimited token, where the closing mark written twice stands for itself. */
function unquote(text: string, mark: string): string {
  return text.slice(1, -1).replaceAll(mark + mark, mark);
}
