// HTTP: is the app alive, and does what it depends on answer?
import { app } from '@azure/functions';
import { getClients } from '../shared/clients.ts';
import { checkHealth } from '../shared/flows/check-health.ts';

app.http('health-live', {
  route: 'api/health/live',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => ({ jsonBody: { alive: true } }),
});

app.http('health-ready', {
  route: 'api/health/ready',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => {
    const health = await checkHealth(getClients());
    return { status: health.ready ? 200 : 503, jsonBody: health };
  },
});
