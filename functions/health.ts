// HTTP: is the app alive, and does what it depends on answer?
import { getClients } from '../shared/clients.ts';
import { checkHealth } from '../shared/flows/check-health.ts';
import { app } from '../shared/http/app.ts';
import { safeHeaders } from '../shared/http/problem.ts';
import { createLog } from '../shared/log.ts';

app.http('health-live', {
  route: 'api/health/live',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => ({ headers: safeHeaders, jsonBody: { alive: true } }),
});

app.http('health-ready', {
  route: 'api/health/ready',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async (_request, context) => {
    const log = createLog((level, line) => context[level](line), { function: context.functionName });
    const health = await checkHealth(getClients, new Date(), log);
    return { status: health.ready ? 200 : 503, headers: safeHeaders, jsonBody: health };
  },
});
