// The OpenAPI document (3.1) of the app, made of what was registered, what it demands, and what is said of it.
import type * as z from 'zod';
import type { Registered } from '../app.ts';
import { about } from './about.ts';
import { administration } from './administration.ts';
import { describe } from './describe.ts';
import { asMergePatch, type JsonSchema, toJsonSchema, withTitlesOf } from './json-schema.ts';
import { mails } from './mails.ts';
import { type Operations, tags } from './operation.ts';
import { problem } from './parts.ts';
import { references } from './references.ts';
import { replays } from './replays.ts';
import { services } from './services.ts';
import { surveyPage } from './survey-page.ts';
import { surveyResults } from './survey-results.ts';
import { surveys } from './surveys.ts';

/** What is said of every operation, by the name of its function. */
export const operations: Operations = {
  ...services,
  ...references,
  ...mails,
  ...replays,
  ...surveyResults,
  ...surveys,
  ...surveyPage,
  ...administration,
  ...about,
};

/** Answers whose members have the titles of what is sent. */
const titledBy: Record<string, string> = {
  Service: 'ServiceWritten',
  Group: 'GroupWritten',
  Schedule: 'ScheduleWritten',
  Form: 'FormWritten',
  Settings: 'SettingsPatch',
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
  // What GET answers, HEAD answers without its body (RFC 9110 9.3.2).
  const described = routes.filter(({ method }) => method !== 'HEAD');
  for (const registered of described.toSorted((a, b) => (a.route < b.route ? -1 : 1))) {
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
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'webhook-signature',
          description:
            'Standard Webhooks (https://www.standardwebhooks.com): `v1,` and the HMAC-SHA256, in base64, of `{webhook-id}.{webhook-timestamp}.{body}` under a secret of `POST /api/settings/webhook-secrets`; with the headers `webhook-id` and `webhook-timestamp`, seconds since 1970, at most five minutes away.',
        },
      },
      schemas,
    },
  };
}
