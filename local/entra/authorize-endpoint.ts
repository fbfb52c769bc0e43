// What oidc-provider's authorization endpoint does otherwise than Entra's: redirect URIs, and what a callback is told.
import type Provider from 'oidc-provider';
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { mayRedirectTo } from './apps.ts';
import { errorPage } from './pages.ts';
import { refusals } from './refusals.ts';

export function authorizeAsEntra(provider: Provider): void {
  Object.assign(provider.Client.prototype, { redirectUriAllowed: mayRedirectTo });
  provider.use(async (context, next) => {
    const { prompt, login_hint: hint } = context.query;
    if (prompt === 'select_account' && hint !== undefined) {
      context.status = 400;
      showError(context, refusals.hintAtSelection());
      return;
    }
    await next();
    const location = context.response.get('location') ?? '';
    const [uri = ''] = location.split('?');
    if (!mayRedirectTo(uri)) return;
    const callback = new URL(location);
    // Entra does not name itself (RFC 9207).
    callback.searchParams.delete('iss');
    context.set('location', callback.href);
  });
}

/** Without a redirect URI to be trusted the browser stays here. */
export function renderError(context: KoaContextWithOIDC, out: ErrorOut): void {
  const { client_id: clientId = '', redirect_uri: uri = '' } = context.query as Partial<
    Record<string, string>
  >;
  const refusal =
    out.error === 'invalid_redirect_uri'
      ? refusals.wrongRedirect(uri, clientId)
      : out.error === 'invalid_client'
        ? refusals.unknownApp(clientId)
        : out;
  showError(context, refusal);
}

function showError(
  context: { type: string; body: unknown },
  { error, error_description }: { error: string; error_description?: string | undefined },
): void {
  context.type = 'html';
  context.body = errorPage(error_description ?? error);
}
