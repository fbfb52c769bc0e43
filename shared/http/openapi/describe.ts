// One operation of the OpenAPI document: its parameters, its body, what it answers and what it refuses.
import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { type ErrorCode, traitsOf } from '../../errors.ts';
import { type Demands, demandsOf } from '../answered.ts';
import type { Registered } from '../app.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Answer, Operation } from './operation.ts';

const pathParameters: Record<string, string> = {
  id: 'The id, as it was chosen.',
  key: 'The key of the mail.',
  number: 'From 0.',
  name: 'What `dataref` ends in.',
  token: 'The last part of the link.',
  digest: 'As the page names it.',
};

type Convert = (schema: z.ZodType) => JsonSchema;

/** The operation of a route, of what it demands and what is said of it; its schemas are named by `convert`. */
export function describe(
  { name, method, route, handler }: Registered,
  operation: Operation,
  convert: Convert,
): JsonSchema {
  const demands = demandsOf(handler);
  const { tag, summary, description, example } = operation;
  const body = operation.body ?? demands?.body;
  const parameters = parametersOf(route, operation, demands?.query, convert);
  const roles = demands?.roles ?? [];
  const letIn = demands?.signed ? 'By signature, without a token.' : demands && `Roles: ${roles.join(', ')}.`;
  const says = [description, letIn].filter(Boolean).join(' ');
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...(says && { description: says }),
    ...(demands?.signed
      ? { security: [{ signature: [] }] }
      : demands
        ? { 'x-roles': roles }
        : { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: !demands?.bodyOptional,
        content: {
          [operation.bodyType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json')]:
            {
              schema: convert(body),
              ...(example.body !== undefined && { example: example.body }),
            },
        },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, answer]) => [
          status,
          responseOf(answer, Number(status) < 300 ? example.answer : undefined, convert),
        ]),
      ),
      ...problemsOf(demands && codesOf(operation, demands, body !== undefined)),
    },
  };
}

function parametersOf(
  route: string,
  { query: said, ifMatch, example }: Operation,
  demanded: z.ZodType | undefined,
  convert: Convert,
): JsonSchema[] {
  const names = [...route.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inPath = names.map(name => ({
    name,
    in: 'path',
    required: true,
    description: pathParameters[name] ?? name,
    schema: { type: 'string' },
    example: example.path?.[name],
  }));
  const query = demanded ?? said;
  const shape = query instanceof z.ZodObject ? (query.shape as Record<string, z.ZodType>) : {};
  const inQuery = Object.entries(shape).map(([name, schema]) => ({
    name,
    in: 'query',
    required: !schema.safeParse(undefined).success,
    schema: convert(schema),
    ...(example.query?.[name] !== undefined && { example: example.query[name] }),
  }));
  const header = {
    name: 'If-Match',
    in: 'header',
    required: ifMatch === 'always',
    description:
      ifMatch === 'always' ? 'The ETag of the record.' : 'The ETag of the record, if it is there already.',
    schema: { type: 'string' },
    example: '"..."',
  };
  return [...inPath, ...inQuery, ...(ifMatch ? [header] : [])];
}

function responseOf(
  { says, json, type, headers = [] }: Answer,
  example: unknown,
  convert: Convert,
): JsonSchema {
  const content = json
    ? { 'application/json': { schema: convert(json), ...(example !== undefined && { example }) } }
    : type && { [type]: { schema: type === 'text/html' ? { type: 'string' } : {} } };
  return {
    description: says,
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map(name => [name, { schema: { type: 'string' } }])),
    }),
    ...(content && { content }),
  };
}

/** What an operation may be refused with: what follows from its demands, and what is said of it. */
function codesOf({ errors = [], ifMatch }: Operation, { signed }: Demands, hasBody: boolean): Set<ErrorCode> {
  return new Set<ErrorCode>([
    'unauthenticated',
    ...(signed ? [] : (['forbidden'] as const)),
    'malformed_parameter',
    ...(hasBody ? (['malformed_json', 'too_large', 'unsupported_media_type', 'invalid'] as const) : []),
    ...(ifMatch ? (['precondition_required', 'precondition_failed'] as const) : []),
    ...errors,
    'dependency_unavailable',
    'internal',
  ]);
}

/** By status; pages, which have no codes, answer for themselves. */
function problemsOf(codes: Set<ErrorCode> = new Set()): Record<string, JsonSchema> {
  const statuses = Map.groupBy(codes, code => traitsOf(code).status);
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    [...statuses].map(([status, some]) => [
      String(status),
      { description: `${STATUS_CODES[status]}: ${some.map(code => `\`${code}\``).join(', ')}.`, content },
    ]),
  );
}
