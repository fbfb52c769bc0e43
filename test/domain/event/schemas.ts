// Validates events against the published schemas: as consumers do, and strictly, where an undocumented member is a fault.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const folder = join(import.meta.dirname, '../../../schemas');

/** Any part of a JSON Schema. */
export type Schema = { [keyword: string]: unknown; $id?: string; description?: string };

/** The schemas by file name without `.schema.json`. */
export const schemas = new Map<string, Schema>(
  readdirSync(folder)
    .filter(file => file.endsWith('.schema.json'))
    .map(file => [file.replace('.schema.json', ''), JSON.parse(readFileSync(join(folder, file), 'utf8'))]),
);

const open = validators(schema => schema);
const strict = validators(closed);

/** Asserts that a consumer's validator takes this event. */
export function assertAccepted(event: unknown): void {
  assertValid(open, event);
}

/** Asserts that the schemas describe every member of this event. */
export function assertDescribed(event: unknown): void {
  assertValid(strict, event);
}

function assertValid(ajv: Ajv2020, event: unknown): void {
  check(ajv, 'https://malote.example/schemas/v1/cloudevent.schema.json', event);
  const { dataschema, data } = event as { dataschema: string; data?: unknown };
  if (data !== undefined) check(ajv, dataschema, data);
}

function check(ajv: Ajv2020, id: string, value: unknown): void {
  const validate: ValidateFunction | undefined = ajv.getSchema(id);
  assert.ok(validate, `there is no schema ${id}`);
  assert.ok(validate(value), ajv.errorsText(validate.errors, { separator: '\n' }));
}

function validators(change: (schema: Schema) => Schema): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false });
  addFormats.default(ajv);
  for (const schema of schemas.values()) ajv.addSchema(change(schema));
  return ajv;
}

/** A copy that refuses every member it does not name. */
function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, closed(value)]));
  return (isObjectSchema(copy) ? { ...copy, additionalProperties: false } : copy) as T;
}

function isObjectSchema(schema: Schema): boolean {
  return schema.type === 'object' && typeof schema.properties === 'object';
}
