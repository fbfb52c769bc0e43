// The tests a SQL filter is made of, in SQL's logic of three values.
// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter#property-evaluation-semantics

import type { Message } from 'rhea';

/** `undefined` is "unknown": what a missing property makes of a comparison. Only `true` lets a message in. */
type Truth = boolean | undefined;
export type Predicate = (message: Message) => Truth;
export type Expression = (message: Message) => unknown;

/** Names of application properties are compared without regard to case. */
export function userProperty(name: string): Expression {
  const wanted = name.toLowerCase();
  return message => {
    const properties: Record<string, unknown> = message.application_properties ?? {};
    const key = Object.keys(properties).find(key => key.toLowerCase() === wanted);
    return key === undefined ? undefined : properties[key];
  };
}

export function and(left: Predicate, right: Predicate): Predicate {
  return message => {
    const [a, b] = [left(message), right(message)];
    if (a === false || b === false) return false;
    return a === undefined || b === undefined ? undefined : true;
  };
}

export function or(left: Predicate, right: Predicate): Predicate {
  return message => {
    const [a, b] = [left(message), right(message)];
    if (a === true || b === true) return true;
    return a === undefined || b === undefined ? undefined : false;
  };
}

export function not(inner: Predicate): Predicate {
  return message => {
    const truth = inner(message);
    return truth === undefined ? undefined : !truth;
  };
}

/** Unknown when a side is missing or null, or when the two are of different types. */
export function comparison(operator: string, left: Expression, right: Expression): Predicate {
  return message => {
    const [a, b] = [comparable(left(message)), comparable(right(message))];
    if (a === undefined || b === undefined || typeof a !== typeof b) return undefined;
    if (operator === '=') return a === b;
    if (operator === '<' || operator === '<=') return a < b || (operator === '<=' && a === b);
    if (operator === '>' || operator === '>=') return a > b || (operator === '>=' && a === b);
    return a !== b;
  };
}

function comparable(value: unknown): string | number | boolean | undefined {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return undefined;
}

export function like(left: Expression, pattern: RegExp): Predicate {
  return message => {
    const value = left(message);
    return typeof value === 'string' ? pattern.test(value) : undefined;
  };
}

/** `%` is any run of characters, `_` any one; the escape character takes their meaning away. */
export function likePattern(pattern: string, escapeCharacter: string | undefined): RegExp {
  let source = '';
  let escaped = false;
  for (const character of pattern) {
    if (!escaped && character === escapeCharacter) {
      escaped = true;
      continue;
    }
    if (!escaped && character === '%') source += '.*';
    else if (!escaped && character === '_') source += '.';
    else source += character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
    escaped = false;
  }
  return new RegExp(`^${source}$`, 'su');
}
