// A group: the agents who may serve the mail of a service.
import * as z from 'zod';
import type { JsonObject } from './merge-patch.ts';
import { refusal } from './refusal.ts';
import { flag, line, misplacedId, toFieldErrors } from './schema-messages.ts';

export type Group = {
  readonly id: string;
  readonly name: string;
  /** Kept where it is already named, refused where it is newly named. */
  readonly obsolete: boolean;
};

/** Everything of a group that its caller writes. */
export const groupSchema = z.strictObject({
  name: line('give the name that people know the group by', 100).meta({ title: 'Nome do Grupo' }),
  obsolete: flag(false).meta({ title: 'Obsoleto' }),
});

/** The group as its caller wrote it. @throws MaloteError `invalid` with every fault */
export function readGroup(id: string, written: JsonObject): Group {
  const parsed = groupSchema.safeParse(written);
  if (!parsed.success) throw refusal('invalid', toFieldErrors(parsed.error.issues, misplacedId));
  return { id, ...parsed.data };
}
