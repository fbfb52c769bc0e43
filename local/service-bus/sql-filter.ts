// Reads SQL filters of subscriptions: the subset of SQL-92 that tests properties, without arithmetic and functions.
// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter

import type { Message } from 'rhea';
import {
  and,
  comparison,
  type Expression,
  like,
  likePattern,
  not,
  or,
  type Predicate,
  userProperty,
} from './sql-predicates.ts';
import { type Token, tokenize } from './sql-tokens.ts';
import { isSystemProperty, systemProperty } from './system-properties.ts';

const keywords = ['and', 'or', 'not', 'is', 'null', 'in', 'like', 'escape', 'exists', 'true', 'false'];

/** Compiles the filter. Throws where it is not understood, so that a wrong rule is seen at start. */
export function compileSqlFilter(sql: string): (message: Message) => boolean {
  const parser = new Parser(sql);
  const predicate = parser.disjunction();
  parser.expectEnd();
  return message => predicate(message) === true;
}

class Parser {
  readonly #sql: string;
  readonly #tokens: Token[];
  #position = 0;

  constructor(sql: string) {
    this.#sql = sql;
    this.#tokens = tokenize(sql);
  }

  disjunction(): Predicate {
    let left = this.#conjunction();
    while (this.#take('or')) left = or(left, this.#conjunction());
    return left;
  }

  expectEnd(): void {
    if (this.#peek()) this.#fail();
  }

  #conjunction(): Predicate {
    let left = this.#negation();
    while (this.#take('and')) left = and(left, this.#negation());
    return left;
  }

  #negation(): Predicate {
    return this.#take('not') ? not(this.#negation()) : this.#test();
  }

  #test(): Predicate {
    if (this.#take('(')) {
      const inner = this.disjunction();
      this.#expect(')');
      return inner;
    }
    if (this.#take('exists')) {
      this.#expect('(');
      const property = this.#property();
      this.#expect(')');
      return message => property(message) !== undefined;
    }
    const left = this.#expression();
    if (this.#take('is')) {
      const wanted = !this.#take('not');
      this.#expect('null');
      return message => ((left(message) ?? null) === null) === wanted;
    }
    if (this.#take('not')) return not(this.#inOrLike(left) ?? this.#fail());
    return this.#inOrLike(left) ?? this.#comparison(left);
  }

  #inOrLike(left: Expression): Predicate | undefined {
    if (this.#take('in')) {
      this.#expect('(');
      const options = [this.#expression()];
      while (this.#take(',')) options.push(this.#expression());
      this.#expect(')');
      return options.map(option => comparison('=', left, option)).reduce(or);
    }
    if (this.#take('like')) {
      const pattern = this.#string();
      return like(left, likePattern(pattern, this.#take('escape') ? this.#string() : undefined));
    }
    return undefined;
  }

  #comparison(left: Expression): Predicate {
    const operator = ['=', '<>', '!=', '<=', '>=', '<', '>'].find(symbol => this.#take(symbol));
    return comparison(operator ?? this.#fail(), left, this.#expression());
  }

  #expression(): Expression {
    const token = this.#peek();
    const sign = this.#take('-') ? -1 : 1;
    const constant = this.#constant(sign);
    if (constant) return () => constant.value;
    if (token?.kind === 'symbol') this.#fail();
    return this.#property();
  }

  #constant(sign: number): { value: unknown } | undefined {
    const token = this.#peek();
    if (token?.kind === 'number') {
      this.#position++;
      return { value: sign * token.value };
    }
    if (token?.kind === 'string') return { value: this.#string() };
    if (this.#take('true')) return { value: true };
    if (this.#take('false')) return { value: false };
    if (this.#take('null')) return { value: null };
    return undefined;
  }

  #property(): Expression {
    const first = this.#name();
    if (!this.#take('.')) return userProperty(first);
    const name = this.#name();
    if (first.toLowerCase() === 'user') return userProperty(name);
    const member = name.toLowerCase();
    // "An attempt to evaluate a non-existent system property throws": here at start, where it is seen.
    if (first.toLowerCase() !== 'sys' || !isSystemProperty(member)) this.#fail();
    return message => systemProperty(message, member);
  }

  #name(): string {
    const token = this.#peek();
    if (token?.kind !== 'word' && token?.kind !== 'identifier') return this.#fail();
    if (token.kind === 'word' && keywords.includes(token.text.toLowerCase())) this.#fail();
    this.#position++;
    return token.text;
  }

  #string(): string {
    const token = this.#peek();
    if (token?.kind !== 'string') return this.#fail();
    this.#position++;
    return token.value;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#position];
  }

  /** Steps over a keyword (in any case) or symbol if it comes next. */
  #take(text: string): boolean {
    const token = this.#peek();
    const isNext = (token?.kind === 'word' || token?.kind === 'symbol') && token.text.toLowerCase() === text;
    if (isNext) this.#position++;
    return isNext;
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#fail();
  }

  #fail(): never {
    throw new Error(`SQL filter not understood after token ${this.#position} in: ${this.#sql}`);
  }
}
