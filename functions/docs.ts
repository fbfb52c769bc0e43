// HTTP: what this app is, and its API described, for people and for programs; open to anyone.
import { defaultSettings } from '../shared/domain/settings.ts';
import { app, registeredRoutes } from '../shared/http/app.ts';
import { plainPage } from '../shared/http/page.ts';
import { safeHeaders } from '../shared/http/problem.ts';
import { frontPage } from '../shared/pages/front-page.ts';
import { languageFor } from '../shared/pages/language.ts';

let described: Promise<{ json: string; page: ReturnType<typeof frontPage> }> | undefined;

/** Made when it is first asked for, of what is loaded then: nobody waits for it at a cold start. */
async function describe() {
  const { openApiOf } = await import('../shared/http/openapi/document.ts');
  const { docsPage } = await import('../shared/pages/docs-page.ts');
  const document = openApiOf(registeredRoutes());
  return { json: JSON.stringify(document), page: docsPage(document) };
}

app.http('front-page', {
  // An empty one would be the function's name. https://github.com/Azure/azure-functions-host/pull/1102
  route: '/',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: plainPage(headers =>
    frontPage(languageFor(headers.get('accept-language'), defaultSettings.defaultLanguage)),
  ),
});

app.http('api-document', {
  route: 'api/openapi.json',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => {
    described ??= describe();
    const headers = { ...safeHeaders, 'content-type': 'application/json' };
    return { headers, body: (await described).json };
  },
});

app.http('api-docs', {
  route: 'api/docs',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: plainPage(async () => {
    described ??= describe();
    return (await described).page;
  }),
});
