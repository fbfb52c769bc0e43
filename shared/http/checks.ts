// What a request says, checked against the schemas of its route.
import type { HttpRequest } from '@azure/functions';
import * as z from 'zod';
import type { JsonObject } from '../domain/merge-patch.ts';
import { refusal } from '../domain/refusal.ts';
import { toFieldErrors } from '../domain/schema-messages.ts';
import { MaloteError } from '../errors.ts';

/** Of a route that takes no parameters. */
export const noQuery = z.strictObject({});

/** @throws MaloteError `malformed_parameter` with every fault */
export function checkQuery<Query extends z.ZodType>(request: HttpRequest, schema: Query): z.output<Query> {
  const parsed = schema.safeParse(Object.fromEntries(request.query));
  const twice = [...request.query.keys()].filter((name, index, names) => names.indexOf(name) !== index);
  if (parsed.success && twice.length === 0) return parsed.data;
  const fields = [
    ...[...new Set(twice)].map(field => ({
      field,
      message: `${field} is given more than once; give it once.`,
    })),
    ...toFieldErrors(parsed.error?.issues ?? []).filter(({ field }) => !twice.includes(field)),
  ];
  const message = fields.map(field => field.message).join(' ');
  throw new MaloteError('malformed_parameter', message, { fields });
}

/** @throws MaloteError `invalid` with every fault */
export function checkBody<Body extends z.ZodType>(body: JsonObject, schema: Body): z.output<Body> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw refusal('invalid', toFieldErrors(parsed.error.issues));
}
