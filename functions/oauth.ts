// HTTP: connecting a mailbox - an address for the person who consents, and where Entra ID sends them back to.
import { app } from '@azure/functions';
import { readSettings } from '../shared/azure/settings-store.ts';
import { readServiceId } from '../shared/domain/ids.ts';
import { defaultSettings } from '../shared/domain/settings.ts';
import { finishConnecting } from '../shared/flows/connect/finish.ts';
import { startConnecting } from '../shared/flows/connect/start.ts';
import { page } from '../shared/http/page.ts';
import { route } from '../shared/http/route.ts';
import { connectFailurePage, connectPage } from '../shared/pages/connect-page.ts';
import { languageFor } from '../shared/pages/language.ts';

app.http('oauth-start', {
  route: 'api/services/{id}/oauth/start',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'] }, async ({ clients, params, actor, now }) => ({
    json: await startConnecting(clients, readServiceId(params.id), { actor, now }),
  })),
});

app.http('oauth-callback', {
  route: 'api/oauth/callback',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: page({
    show: async ({ clients, query, headers, ...request }) => {
      const { value: settings } = await readSettings(clients.database.catalog);
      const answer = {
        state: query.get('state') ?? '',
        code: query.get('code'),
        error: query.get('error'),
        errorDescription: query.get('error_description'),
      };
      const outcome = await finishConnecting(clients, answer, request);
      return connectPage(outcome, languageFor(headers.get('accept-language'), settings.defaultLanguage));
    },
    showFailure: (error, status, headers) =>
      connectFailurePage(
        error,
        status,
        languageFor(headers.get('accept-language'), defaultSettings.defaultLanguage),
      ),
  }),
});
