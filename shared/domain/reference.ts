// What services refer to and the platform owns as much as we: groups, schedules, forms. Whoever writes one chooses its id.
import { MaloteError } from '../errors.ts';
import { type Form, formSchema, readForm } from './form/form.ts';
import { type Group, groupSchema, readGroup } from './group.ts';
import type { JsonObject } from './merge-patch.ts';
import { readSchedule, type Schedule, scheduleSchema } from './schedule/schedule.ts';
import { withUnknown } from './unknown-members.ts';

/** What there is of each kind. */
export type References = { group: Group; schedule: Schedule; form: Form };
export type ReferenceKind = keyof References;
export type Reference = References[ReferenceKind];

/** How each kind is read from what its caller wrote, its id left out. Throw MaloteError `invalid` with every fault. */
const readers: { [K in ReferenceKind]: (id: string, written: JsonObject) => References[K] } = {
  group: readGroup,
  schedule: readSchedule,
  form: readForm,
};

const schemas = { group: groupSchema, schedule: scheduleSchema, form: formSchema };

/** One of a kind that takes the place of another, with what a later release keeps in that besides. */
export function inPlaceOf<K extends ReferenceKind>(
  kind: K,
  before: References[K],
  record: References[K],
): References[K] {
  return withUnknown(schemas[kind], before, record);
}

// It travels in subscription filters as `|id|`, and in addresses.
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/;

/** Whether anything could have this id. */
export function isReferenceId(id: string): boolean {
  return idPattern.test(id);
}

/** The id as its caller chose it. @throws MaloteError `malformed_parameter` */
export function readReferenceId(kind: ReferenceKind, id: string | undefined): string {
  if (id !== undefined && isReferenceId(id)) return id;
  const message = `The id of a ${kind} must be 1 to 64 letters, digits, dots, hyphens, underscores or tildes, the first a letter or digit.`;
  throw new MaloteError('malformed_parameter', message, { fields: [{ field: 'id', message }] });
}

/**
 * What its caller wrote; with its id too, as it was read, when that is the one it is written under.
 * @throws MaloteError `invalid` with every fault
 */
export function readReference<K extends ReferenceKind>(
  kind: K,
  id: string,
  written: JsonObject,
): References[K] {
  const { id: _same, ...rest } = written;
  return readers[kind](id, written.id === id ? rest : written);
}
