// How schemas speak: what a member's faults are called, and where in the request they are.
import * as z from 'zod';
import type { FieldError } from '../errors.ts';

// Every message of a schema is a predicate: put after the field's name, it is the sentence that the caller reads.

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** Messages of a member: that it is required, with the cure, when it is absent; otherwise what it must be. */
export function asks(cure: string, must: string): (issue: RawIssue) => string | undefined {
  return issue => {
    if (issue.code === 'unrecognized_keys') return undefined;
    return issue.input === undefined ? `is required; ${cure}` : `must be ${must}`;
  };
}

/** One line of text, 1 to `longest` characters once trimmed; `cure` says what to give. */
export function line(cure: string, longest: number) {
  return z
    .string({ error: asks(cure, `a text; ${cure}`) })
    .trim()
    .min(1, `is empty; ${cure}`)
    .max(longest, `is longer than ${longest} characters; shorten it`)
    .regex(/^\P{Cc}*$/u, 'contains a control character, such as a line end; remove it');
}

/** A text that may be left out or empty, 0 to `longest` characters once trimmed. */
export function optionalText(longest: number) {
  return z
    .string({ error: 'must be a text; leave it out for the built-in one' })
    .trim()
    .max(longest, `is longer than ${longest} characters; shorten it`)
    .optional();
}

/** A switch with a default. */
export function flag(byDefault: boolean) {
  return z.boolean({ error: `must be true or false; without it, ${byDefault}` }).default(byDefault);
}

/** A whole number within limits; `cure` says which. */
export function wholeNumber(least: number, most: number, cure: string) {
  const must = `must be a whole number from ${least} to ${most}; ${cure}`;
  return z.int({ error: must }).min(least, must).max(most, must);
}

/** The IANA name of a time zone. */
export function timeZone(cure: string) {
  return z
    .string({ error: asks(cure, 'a text') })
    .refine(isTimeZone, 'is not the name of a time zone; give one such as America/Sao_Paulo');
}

function isTimeZone(name: string): boolean {
  // Intl also takes offsets such as +03:00, which know nothing of daylight saving time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Why `id` is refused in a record whose id is in the address. */
export const misplacedId = { id: 'is not the id in the address; leave it out' };

/**
 * Lets a rule about several members run although other members are at fault, as long as those it reads are sound: so all
 * faults of a request are told together.
 * @param paths what the rule reads, e.g. `mailbox.folder`
 */
export function whenSound(...paths: string[]): (payload: z.core.ParsePayload) => boolean {
  const within = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}.`);
  return ({ issues }) =>
    !issues.some(issue => {
      const at = (issue.path ?? []).join('.');
      return paths.some(
        path => within(at, path) || (issue.code !== 'unrecognized_keys' && at !== '' && within(path, at)),
      );
    });
}

/**
 * The issues as a caller reads them: one for each member, the first that was found.
 * @param misplaced why a known member is refused where it stands, by path (list positions as `[]`)
 */
export function toFieldErrors(
  issues: readonly Issue[],
  misplaced: Readonly<Record<string, string>> = {},
): FieldError[] {
  const errors = issues.flatMap(issue => {
    if (issue.code !== 'unrecognized_keys') return [fieldError(issue.path, issue.message)];
    return issue.keys.map(key => {
      const path = [...issue.path, key];
      const place = fieldOf(path).replaceAll(/\[\d+\]/g, '[]');
      return fieldError(path, Object.hasOwn(misplaced, place) ? `${misplaced[place]}` : unknownMember);
    });
  });
  const firsts = new Map(errors.toReversed().map(error => [error.field, error]));
  return errors.filter(error => firsts.get(error.field) === error);
}

const unknownMember = 'is not a member that is known here; remove it, or correct its spelling';

function fieldError(path: readonly PropertyKey[], predicate: string): FieldError {
  const field = fieldOf(path);
  // Of a request as a whole no member is at fault.
  return { field, message: `${field || 'The request'} ${predicate}.` };
}

/** The path as the caller wrote it, e.g. `groups[1].groupId`. */
function fieldOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((field, step) => {
    if (typeof step === 'number') return `${field}[${step}]`;
    return field === '' ? String(step) : `${field}.${String(step)}`;
  }, '');
}
