// A group: the agents who may serve the mail of a service. The platform owns it and chooses its id.
import { z } from 'zod';
import { MaloteError } from '../errors.ts';
import type { JsonObject } from './merge-patch.ts';
import { refusal } from './refusal.ts';
import { flag, line, toFieldErrors } from './schema-messages.ts';

export type Group = {
  readonly id: string;
  readonly name: string;
  /** Kept where it is already named, refused where it is newly named. */
  readonly obsolete: boolean;
};

// It travels in subscription filters as `|id|`, and in addresses.
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/;

/** Whether a group could have this id. */
export function isGroupId(id: string): boolean {
  return idPattern.test(id);
}

/** The id of a group as its caller chose it. @throws MaloteError `malformed_parameter` */
export function readGroupId(id: string | undefined): string {
  if (id !== undefined && isGroupId(id)) return id;
  const message =
    'The id of a group must be 1 to 64 letters, digits, dots, hyphens, underscores or tildes, the first a letter or digit.';
  throw new MaloteError('malformed_parameter', message, { fields: [{ field: 'id', message }] });
}

const groupSchema = z.strictObject({
  name: line('give the name that people know the group by', 100).meta({ title: 'Nome do Grupo' }),
  obsolete: flag(false).meta({ title: 'Obsoleto' }),
});

/**
 * The group as its caller wrote it; with its id too, as it was read, when that is the one it is written under.
 * @throws MaloteError `invalid` with every fault
 */
export function readGroup(id: string, written: JsonObject): Group {
  const { id: _same, ...rest } = written;
  const parsed = groupSchema.safeParse(written.id === id ? rest : written);
  if (!parsed.success) throw refusal('invalid', toFieldErrors(parsed.error.issues, misplaced));
  return { id, ...parsed.data };
}

const misplaced = { id: 'is not the id in the address; leave it out' };
