// The OpenAPI document (3.1) of the app, made of what was registered, what it demands, and what is said of it.
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { type ErrorCode, traitsOf } from '../../errors.ts';
import type { Registered } from '../app.ts';
import { demandsOf } from '../route.ts';
import { about } from './about.ts';
import { administration } from './administration.ts';
import { asMergePatch, type JsonSchema, toJsonSchema, withTitlesOf } from './json-schema.ts';
import { mails } from './mails.ts';
import { type Answer, type Operation, type Operations, tags } from './operation.ts';
import { problem } from './parts.ts';
import { references } from './references.ts';
import { services } from './services.ts';

/** What is said of every operation, by the name of its function. */
export const operations: Operations = { ...services, ...references, ...mails, ...administration, ...about };

/** Answers whose members have the titles of what is sent. */
const titledBy: Record<string, string> = {
  Service: 'ServiceWritten',
  Group: 'GroupWritten',
  Schedule: 'ScheduleWritten',
  Form: 'FormWritten',
  Settings: 'SettingsPatch',
};

const pathParameters: Record<string, string> = {
  id: 'The id, as it was chosen.',
  key: 'The key of the mail.',
  number: 'From 0.',
  name: 'What `dataref` ends in.',
};

export type OpenApi = {
  openapi: string;
  info: Record<string, unknown>;
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, JsonSchema>>;
  components: { schemas: Record<string, JsonSchema> } & Record<string, unknown>;
  [member: string]: unknown;
};

/** The document of these routes. @throws Error that names one of which nothing is said */
export function openApiOf(routes: readonly Registered[]): OpenApi {
  const schemas: Record<string, JsonSchema> = {};
  const convert = (schema: z.ZodType): JsonSchema => {
    const { schema: converted, named } = toJsonSchema(schema);
    for (const [name, each] of Object.entries(named)) schemas[name] ??= each;
    return converted;
  };
  convert(problem);
  const paths: OpenApi['paths'] = {};
  for (const registered of routes.toSorted((a, b) => (a.route < b.route ? -1 : 1))) {
    const operation = operations[registered.name];
    if (!operation) throw new Error(`Nothing is said of "${registered.name}": see shared/http/openapi/.`);
    const path = `/${registered.route}`;
    paths[path] = {
      ...paths[path],
      [registered.method.toLowerCase()]: describe(registered, operation, convert),
    };
  }
  for (const { body, isPatch } of Object.values(operations)) {
    const name = body && isPatch ? body.meta()?.id : undefined;
    if (name && schemas[name]) schemas[name] = asMergePatch(schemas[name]);
  }
  for (const [answered, sent] of Object.entries(titledBy)) {
    if (schemas[answered] && schemas[sent])
      schemas[answered] = withTitlesOf(schemas[sent], schemas[answered]);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Malote',
      version: '1',
      summary: 'A serverless mailroom for contact centres.',
      description:
        'Errors are problems (RFC 9457) with a stable `code`. Unknown members and parameters are refused. What can be changed has an ETag, which a change asks for in If-Match. Titles of members are what the administration screens of contact centres call them.',
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token of Entra ID with one of the app roles that the operation names.',
        },
      },
      schemas,
    },
  };
}

type Convert = (schema: z.ZodType) => JsonSchema;

function describe(
  { name, method, route, handler }: Registered,
  operation: Operation,
  convert: Convert,
): JsonSchema {
  const demands = demandsOf(handler);
  const { tag, summary, description, example } = operation;
  const body = operation.body ?? demands?.body;
  const parameters = parametersOf(route, operation, demands?.query, convert);
  const roles = demands?.roles ?? [];
  const says = [description, demands && `Roles: ${roles.join(', ')}.`].filter(Boolean).join(' ');
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...(says && { description: says }),
    ...(demands ? { 'x-roles': roles } : { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: !demands?.bodyOptional,
        content: {
          [method === 'PATCH' ? 'application/merge-patch+json' : 'application/json']: {
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
      ...problemsOf(demands && codesOf(operation, body !== undefined)),
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
function codesOf({ errors = [], ifMatch }: Operation, hasBody: boolean): Set<ErrorCode> {
  return new Set<ErrorCode>([
    'unauthenticated',
    'forbidden',
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
