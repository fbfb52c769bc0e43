// Reads what conditions and selections are about: paths into the item, constants, and LOWER() of either.
import { badRequest, unsupported } from '../cosmos-error.ts';
import type { Json } from '../json.ts';
import type { TokenReader } from './lexer.ts';
import type { Operand, Path } from './syntax.ts';

const words: Record<string, Json> = { TRUE: true, FALSE: false, NULL: null };

export class OperandParser {
  readonly #reader: TokenReader;
  readonly #parameters: ReadonlyMap<string, Json>;
  /** What FROM calls the item. A selection is read before it is known. */
  #root: string | undefined;
  readonly #rootsBefore: string[] = [];

  constructor(reader: TokenReader, parameters: ReadonlyMap<string, Json>) {
    this.#reader = reader;
    this.#parameters = parameters;
  }

  bindRoot(root: string): void {
    this.#root = root;
    for (const earlier of this.#rootsBefore) this.#checkRoot(earlier);
  }

  operand(): Operand {
    if (this.#reader.sees('LOWER')) return this.#lower();
    if (this.#seesConstant()) return { kind: 'constant', value: this.constant() };
    return { kind: 'path', path: this.path().path };
  }

  /** `c.from.address` or `c["from"].address`. */
  path(): { root: string; path: Path } {
    const root = this.#reader.expectName();
    this.#checkRoot(root);
    const path: string[] = [];
    for (;;) {
      if (this.#reader.accept('.')) path.push(this.#reader.expectProperty());
      else if (this.#reader.accept('[')) path.push(this.#bracketed());
      else return { root, path };
    }
  }

  /** A literal or the value of a parameter. */
  constant(): Json {
    if (this.#reader.accept('-')) return -this.#number();
    const { kind, text } = this.#reader.next;
    if (kind === 'number') return this.#number();
    if (kind === 'string') return this.#reader.take().text;
    if (kind === 'parameter') return this.#parameter(this.#reader.take().text);
    const value = words[text.toUpperCase()];
    if (kind !== 'word' || value === undefined) this.#reader.fail();
    this.#reader.take();
    return value;
  }

  #seesConstant(): boolean {
    const { kind, text } = this.#reader.next;
    return kind !== 'word' || words[text.toUpperCase()] !== undefined;
  }

  #number(): number {
    if (this.#reader.next.kind !== 'number') this.#reader.fail();
    return Number(this.#reader.take().text);
  }

  #parameter(name: string): Json {
    const value = this.#parameters.get(name);
    if (value === undefined) throw badRequest(`Parameter ${name} has no value.`);
    return value;
  }

  #lower(): Operand {
    this.#reader.expect('LOWER');
    this.#reader.expect('(');
    const operand = this.operand();
    this.#reader.expect(')');
    if (operand.kind === 'path') return { kind: 'lower', path: operand.path };
    if (operand.kind === 'constant' && typeof operand.value === 'string') {
      return { kind: 'constant', value: operand.value.toLowerCase() };
    }
    throw unsupported('LOWER of other than a property or a string');
  }

  #bracketed(): string {
    if (this.#reader.next.kind !== 'string') throw unsupported('An array index in a path');
    const name = this.#reader.take().text;
    this.#reader.expect(']');
    // Such names would have to be escaped in SQLite's JSON paths, which it does in its own way.
    if (/["\\]/.test(name)) throw unsupported(`The property name '${name}'`);
    return name;
  }

  #checkRoot(root: string): void {
    if (this.#root === undefined) this.#rootsBefore.push(root);
    else if (root !== this.#root) throw badRequest(`Identifier '${root}' could not be resolved.`);
  }
}
