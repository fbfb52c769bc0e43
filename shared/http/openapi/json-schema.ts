// JSON Schema of zod's schemas: what has a name is said once, and referred to.
import * as z from 'zod';

export type JsonSchema = { [member: string]: unknown };

/** A schema as it may be referred to, and the named ones that it refers to. */
export type Converted = { schema: JsonSchema; named: Record<string, JsonSchema> };

/**
 * The JSON Schema (2020-12, the dialect of OpenAPI 3.1) of what may be sent or is answered. Rules between members, and those
 * that are code, are not in it.
 */
export function toJsonSchema(schema: z.ZodType): Converted {
  // Within another, so that a name of its own is referred to as well.
  const written = z.toJSONSchema(z.object({ it: schema }), {
    io: 'input',
    unrepresentable: 'any',
    // One way is no choice.
    override: ({ jsonSchema }) => {
      const [only, ...others] = jsonSchema.oneOf ?? [];
      if (only === undefined || others.length > 0) return;
      delete jsonSchema.oneOf;
      Object.assign(jsonSchema, only);
    },
  });
  const { properties, $defs = {} } = JSON.parse(
    JSON.stringify(written).replaceAll('"#/$defs/', '"#/components/schemas/'),
  );
  for (const named of Object.values<JsonSchema>($defs)) delete named.id;
  return { schema: properties.it, named: $defs };
}

/** What may be sent to change such a document (RFC 7396): nothing is required, null clears, lists come whole. */
export function asMergePatch(schema: JsonSchema): JsonSchema {
  const { required: _required, default: _default, oneOf, anyOf, properties, ...rest } = schema;
  const ways = (oneOf ?? anyOf) as JsonSchema[] | undefined;
  if (ways) return { ...rest, anyOf: ways.map(asMergePatch) };
  if (!properties) return rest;
  const members = Object.entries(properties as Record<string, JsonSchema>).map(([name, member]) => {
    const { title, ...patch } = asMergePatch(member);
    return [name, { ...(title !== undefined && { title }), anyOf: [patch, { type: 'null' }] }];
  });
  return { ...rest, properties: Object.fromEntries(members) };
}

/** Gives the members of an answer the titles that they have where they are sent. */
export function withTitlesOf(sent: JsonSchema, answered: JsonSchema): JsonSchema {
  const waysOf = ({ oneOf, anyOf }: JsonSchema) => (oneOf ?? anyOf ?? []) as JsonSchema[];
  const titled = (from: JsonSchema[], to: JsonSchema): JsonSchema => {
    const all = from.flatMap(schema => [schema, ...waysOf(schema)]);
    const title = to.title ?? all.find(schema => schema.title !== undefined)?.title;
    const named = (name: string): JsonSchema[] => {
      const found = all.map(
        ({ properties }) => (properties as Record<string, JsonSchema> | undefined)?.[name],
      );
      return found.filter(schema => schema !== undefined);
    };
    const { properties, anyOf } = to as { properties?: Record<string, JsonSchema>; anyOf?: JsonSchema[] };
    return {
      ...(title !== undefined && { title }),
      ...to,
      ...(anyOf && { anyOf: anyOf.map(way => titled(all, way)) }),
      ...(properties && {
        properties: Object.fromEntries(
          Object.entries(properties).map(([name, member]) => [name, titled(named(name), member)]),
        ),
      }),
    };
  };
  return titled([sent], answered);
}
