// HTTP: the configuration as a file.

import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../shared/domain/merge-patch.ts';
import { applyConfiguration, readConfiguration } from '../shared/flows/services/configuration.ts';
import { app } from '../shared/http/app.ts';
import { route } from '../shared/http/route.ts';

const admins = { roles: ['Admin'] } as const;

/** About a thousand services. */
const LARGEST_BYTES = 1024 * 1024;

const record = z.custom<JsonObject>(isJsonObject, 'must be an object, as GET /api/configuration has it');
const records = z
  .array(record, { error: 'must be a list, as GET /api/configuration has it' })
  .max(1000, 'has more than 1000; send them in several files')
  .optional();

const file = z.strictObject({
  settings: record.optional(),
  schedules: records,
  groups: records,
  forms: records,
  services: records,
});

const dryRun = z.enum(['true', 'false'], { error: 'must be true or false' }).default('false');

app.http('configuration-read', {
  route: 'api/configuration',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(admins, async ({ clients }) => ({ json: await readConfiguration(clients) })),
});

app.http('configuration-apply', {
  route: 'api/configuration',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route(
    { ...admins, query: z.strictObject({ dryRun }), body: file, largestBytes: LARGEST_BYTES },
    async ({ clients, query, body, ...request }) => {
      const isDry = query.dryRun === 'true';
      const results = await applyConfiguration(clients, body, isDry, request);
      const count = (outcome: string) => results.filter(result => result.outcome === outcome).length;
      const counts = Object.fromEntries(
        ['created', 'changed', 'left', 'refused'].map(outcome => [outcome, count(outcome)] as const),
      );
      return { json: { dryRun: isDry, counts, results } };
    },
  ),
});
