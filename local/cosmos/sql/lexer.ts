// Cuts the text of a query into tokens, and reads them one after the other.
import { badRequest } from '../cosmos-error.ts';

export type Token = {
  kind: 'word' | 'string' | 'number' | 'parameter' | 'symbol' | 'end';
  /** As written; a string without its quotes and escapes. */
  text: string;
  /** Where it begins in the query. */
  at: number;
};

// Words a property may not be called after a dot. https://learn.microsoft.com/azure/cosmos-db/nosql/query/keywords
const reserved = new Set(
  (
    'AND ARRAY AS ASC BETWEEN BY DESC DISTINCT ESCAPE EXISTS FALSE FROM GROUP IN JOIN LEFT LIKE LIMIT NOT NULL ' +
    'OFFSET OR ORDER RANK RIGHT SELECT TOP TRUE UDF UNDEFINED VALUE WHERE'
  ).split(' '),
);

const pattern =
  /\s+|(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<parameter>@\w+)|(?<word>[A-Za-z_]\w*)|(?<symbol><=|>=|<>|!=|[-*=<>(),.[\]])/y;

function cut(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) throw syntaxError(text.slice(at, at + 10), at);
    const [kind, value] = Object.entries(match.groups ?? {}).find(([, part]) => part !== undefined) ?? [];
    if (kind !== undefined && value !== undefined) {
      tokens.push({ kind: kind as Token['kind'], text: kind === 'string' ? unquote(value) : value, at });
    }
    at = pattern.lastIndex;
  }
  tokens.push({ kind: 'end', text: 'the end', at: text.length });
  return tokens;
}

const escapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unquote(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, char: string) =>
      hex === undefined ? (escapes[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

function syntaxError(near: string, at: number) {
  return badRequest(`Syntax error, or syntax the local stand-in does not support, near '${near}' at ${at}.`);
}

/** The tokens of one query with the place the reader has come to. */
export class TokenReader {
  readonly #tokens: Token[];
  #position = 0;

  constructor(text: string) {
    this.#tokens = cut(text);
  }

  get next(): Token {
    return this.#tokens[this.#position] as Token;
  }

  /** Goes past the next token and gives it. The end stays where it is. */
  take(): Token {
    const token = this.next;
    if (token.kind !== 'end') this.#position++;
    return token;
  }

  /** Whether the next token is this keyword or symbol. Keywords have no case. */
  sees(text: string): boolean {
    const { kind, text: found } = this.next;
    return (kind === 'word' || kind === 'symbol') && found.toUpperCase() === text;
  }

  /** Goes past the next token if it is this keyword or symbol. */
  accept(text: string): boolean {
    const seen = this.sees(text);
    if (seen) this.take();
    return seen;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail();
  }

  /** A name of our own choice, and so no keyword. */
  expectName(): string {
    const { kind, text } = this.next;
    if (kind !== 'word' || reserved.has(text.toUpperCase())) this.fail();
    return this.take().text;
  }

  /** The name of a property after a dot. */
  expectProperty(): string {
    const { kind, text, at } = this.next;
    if (kind === 'word' && reserved.has(text.toUpperCase())) {
      throw badRequest(`'${text}' at ${at} is a reserved word: write ["${text}"].`);
    }
    return this.expectName();
  }

  expectEnd(): void {
    if (this.next.kind !== 'end') this.fail();
  }

  fail(): never {
    throw syntaxError(this.next.text, this.next.at);
  }
}
