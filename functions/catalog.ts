// HTTP: what services refer to - groups, schedules and forms, all alike -, and the general settings.
import * as z from 'zod';
import { listReferences } from '../shared/azure/references-store.ts';
import { readSettings } from '../shared/azure/settings-store.ts';
import { parseMailKey } from '../shared/domain/ids.ts';
import { type ReferenceKind, readReference, readReferenceId } from '../shared/domain/reference.ts';
import { hoursAt, turnsBetween } from '../shared/domain/schedule/hours.ts';
import { previewForm } from '../shared/flows/forms/preview.ts';
import { getReference, putReference, removeReference } from '../shared/flows/services/references.ts';
import { changeSettings } from '../shared/flows/services/settings.ts';
import { app } from '../shared/http/app.ts';
import { nextCursor, rangeOf, textPages } from '../shared/http/paging.ts';
import { anyJsonObject, route } from '../shared/http/route.ts';

const settings = 'api/settings';
const readers = { roles: ['Admin', 'Supervisor', 'Platform'] } as const;

registerReferences('group', 'groups');
registerReferences('schedule', 'schedules');
registerReferences('form', 'forms');

/** The routes of one kind: list, read, put and remove. */
function registerReferences(kind: ReferenceKind, plural: string): void {
  const one = `api/${plural}/{id}`;
  app.http(`${plural}-list`, {
    route: `api/${plural}`,
    methods: ['GET'],
    authLevel: 'anonymous',
    handler: route({ ...readers, query: textPages }, async ({ clients, query }) => {
      const { items, next } = await listReferences(clients.database.catalog, kind, rangeOf(query));
      return {
        json: {
          items: items.map(({ value }) => value.record),
          nextCursor: nextCursor(next === undefined ? undefined : [next]),
        },
      };
    }),
  });

  app.http(`${plural}-read`, {
    route: one,
    methods: ['GET'],
    authLevel: 'anonymous',
    handler: route(readers, async ({ clients, params }) => {
      const { value, etag } = await getReference(clients, kind, readReferenceId(kind, params.id));
      return { headers: { etag }, json: value.record };
    }),
  });

  app.http(`${plural}-put`, {
    route: one,
    methods: ['PUT'],
    authLevel: 'anonymous',
    handler: route(
      { roles: ['Admin'], body: anyJsonObject },
      async ({ clients, params, body, ...request }) => {
        const written = readReference(kind, readReferenceId(kind, params.id), body);
        const { record, etag, created } = await putReference(
          clients,
          kind,
          written,
          request.ifMatch,
          request,
        );
        return { status: created ? 201 : 200, headers: { etag }, json: record };
      },
    ),
  });

  app.http(`${plural}-remove`, {
    route: one,
    methods: ['DELETE'],
    authLevel: 'anonymous',
    handler: route({ roles: ['Admin'] }, async ({ clients, params, ...request }) => {
      const named = { kind, id: readReferenceId(kind, params.id) };
      await removeReference(clients, named, request.ifMatch, request);
      return {};
    }),
  });
}

const WEEK_MS = 7 * 86_400_000;
const instantCure = 'must be an instant such as 2026-03-02T12:00:00Z; leave it out for now';

const previewCure = 'must be {"mailKey": "..."} of a mail in the ledger, or {"eml": "..."}, the mail itself';
const previewBody = z.union(
  [
    z.strictObject({
      mailKey: z
        .string()
        .transform(parseMailKey)
        .refine(key => key !== undefined, 'is not the key of a mail'),
    }),
    z.strictObject({ eml: z.string().min(1, 'is empty; give the mail as it came') }),
  ],
  { error: previewCure },
);

app.http('schedules-open', {
  route: 'api/schedules/{id}/open',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(
    {
      ...readers,
      query: z.strictObject({ at: z.iso.datetime({ offset: true, error: instantCure }).optional() }),
    },
    async ({ clients, params, query, now }) => {
      const { value } = await getReference(clients, 'schedule', readReferenceId('schedule', params.id));
      const at = query.at === undefined ? now : new Date(query.at);
      const turns = turnsBetween(value.record, at, new Date(at.getTime() + WEEK_MS));
      return { json: { at: at.toISOString(), ...hoursAt(value.record, at), turns } };
    },
  ),
});

app.http('forms-preview', {
  route: 'api/forms/{id}/preview',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'], body: previewBody }, async ({ clients, params, body, now }) => {
    return { json: await previewForm(clients, readReferenceId('form', params.id), body, now) };
  }),
});

app.http('settings-read', {
  route: settings,
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'] }, async ({ clients }) => {
    const { value, etag } = await readSettings(clients.database.catalog);
    return { headers: { etag }, json: value };
  }),
});

app.http('settings-change', {
  route: settings,
  methods: ['PATCH'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'], body: anyJsonObject }, async ({ clients, body, ...request }) => {
    const { value, etag } = await changeSettings(clients, body, request.ifMatch, request);
    return { headers: { etag }, json: value };
  }),
});
