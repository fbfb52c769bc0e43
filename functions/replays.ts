// HTTP: mails published anew, one by one or many by a job.

import * as z from 'zod';
import { parseServiceId, readMailKey } from '../shared/domain/ids.ts';
import { mailStates } from '../shared/domain/mail/ledger-record.ts';
import { mailView } from '../shared/domain/mail/mail-view.ts';
import { replayView } from '../shared/domain/replay-job.ts';
import { line } from '../shared/domain/schema-messages.ts';
import { replayMail } from '../shared/flows/orders/replay.ts';
import { countReplay, getReplay, startReplay, stopReplay } from '../shared/flows/replays/start.ts';
import { app } from '../shared/http/app.ts';
import { instant } from '../shared/http/period.ts';
import { route } from '../shared/http/route.ts';

const supervisors = { roles: ['Supervisor'] } as const;

const reason = line('give the reason, or leave it out', 500).optional();

const manyBody = z
  .strictObject({
    serviceId: z
      .string({ error: 'must be the id of a service' })
      .transform(parseServiceId)
      .refine(id => id !== undefined, 'is not the id of a service'),
    from: instant,
    to: instant.optional(),
    state: z.enum(mailStates, { error: `must be one of ${mailStates.join(', ')}` }).optional(),
    reason,
    dryRun: z.boolean({ error: 'must be true or false; without it, false' }).default(false),
  })
  .refine(({ from, to }) => to === undefined || from < to, {
    path: ['to'],
    error: 'is not after from; give the later instant',
  });

app.http('mails-replay', {
  route: 'api/mails/{key}/replay',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route(
    { ...supervisors, body: z.strictObject({ reason }), bodyOptional: true },
    async ({ clients, params, body, actor, now, ...request }) => {
      const order = { who: actor, at: now, reason: body.reason ?? null };
      const { value } = await replayMail(clients, readMailKey(params.key), order, request);
      return { json: mailView(value, 'inside') };
    },
  ),
});

app.http('mails-replay-many', {
  route: 'api/mails/replay',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route({ ...supervisors, body: manyBody }, async ({ clients, body, ...request }) => {
    const { serviceId, from, to = request.now.toISOString(), state = null, reason = null, dryRun } = body;
    const wish = { serviceId, from, to, state, reason };
    if (dryRun) return { json: { from, to, ...(await countReplay(clients, wish)) } };
    const begun = await startReplay(clients, wish, request);
    return { status: 202, headers: { location: `/api/replays/${begun.id}` }, json: replayView(begun) };
  }),
});

app.http('replays-read', {
  route: 'api/replays/{id}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(supervisors, async ({ clients, params }) => ({
    json: replayView(await getReplay(clients, params.id ?? '')),
  })),
});

app.http('replays-stop', {
  route: 'api/replays/{id}/stop',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route(supervisors, async ({ clients, params, ...request }) => ({
    json: replayView(await stopReplay(clients, params.id ?? '', request)),
  })),
});
