// Numbers and documents at random, the same in every run.

export type Random = {
  /** From 0 to 1. */
  next: () => number;
  pick: <T>(list: readonly T[]) => T;
};

/** mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return { next, pick: list => list[Math.floor(next() * list.length)] as (typeof list)[number] };
}

type Schema = {
  $ref?: string;
  oneOf?: Schema[];
  anyOf?: Schema[];
  const?: unknown;
  enum?: unknown[];
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
};

const odd = [
  null,
  true,
  -1,
  1.5,
  1e21,
  [],
  [[null]],
  {},
  '',
  '\0',
  '\ud800',
  '__proto__',
  '../../etc',
  "'; --",
  '9999-12-31T23:59:59-23:59',
  'x'.repeat(5_000),
];
/** What texts of these names usually are: with them more gets past the first rule. */
const usual: Record<string, unknown> = {
  host: '127.0.0.1',
  address: 'ana@exemplo.com.br',
  readFrom: '2026-01-01',
  timeZone: 'America/Sao_Paulo',
  from: '08:00',
  to: '12:00',
  date: '2026-12-25',
  groupId: 'n1',
  language: 'en',
};

/** A document that fits the schema by its words, but for a member here and there that does not. */
export function documentOf(random: Random, schema: unknown, root: unknown, name = ''): unknown {
  const { next, pick } = random;
  const { $ref, oneOf, anyOf, type, properties = {}, required = [], items, ...rest } = schema as Schema;
  if (next() < 0.04) return pick(odd);
  if ($ref !== undefined) return documentOf(random, at(root, $ref), root, name);
  const ways = oneOf ?? anyOf;
  if (ways) return documentOf(random, pick(ways), root, name);
  if (rest.const !== undefined) return rest.const;
  if (rest.enum) return pick(rest.enum);
  if (type === 'object') {
    const names = Object.keys(properties).filter(member => required.includes(member) || next() < 0.5);
    const extra = next() < 0.05 ? [[pick(['__proto__', 'id', 'outro', '']), pick(odd)]] : [];
    return Object.fromEntries([
      ...names.map(member => [member, documentOf(random, properties[member], root, member)]),
      ...extra,
    ]);
  }
  if (type === 'array') {
    const length = Math.floor(next() * 4);
    return Array.from({ length }, () => documentOf(random, items ?? {}, root, name));
  }
  if (type === 'integer' || type === 'number') {
    const { minimum = 0, maximum = 10_000 } = rest;
    return Math.floor(minimum + next() * (Math.min(maximum, 10_000) - minimum + 1));
  }
  if (type === 'boolean') return next() < 0.5;
  if (type === 'null') return null;
  return usual[name] ?? pick(['a', 'Um texto', 'n1', '7', '2026-03-02T12:00:00Z']);
}

function at(root: unknown, reference: string): unknown {
  const steps = reference.replace('#/', '').split('/');
  return steps.reduce((found, step) => (found as Record<string, unknown>)[step], root);
}
