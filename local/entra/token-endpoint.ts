// What oidc-provider's answers lack to be Entra's: worded refusals, `client_info`, and a log of who asked for what.
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Apps } from './apps.ts';
import { tenantId } from './clients.ts';
import { type Refusal, refusalBody } from './refusal.ts';
import { translateError } from './translate-error.ts';

/** A token request that was answered. */
export type TokenRequest = {
  grantType: string;
  clientId: string;
  scope: string;
  at: Date;
  /** Of the refusal, e.g. 7000215; undefined when a token was given. */
  errorCode: number | undefined;
};

export function answerAsEntra(provider: Provider, apps: Apps, seen: (request: TokenRequest) => void): void {
  const refused = new WeakMap<object, Refusal>();
  // The event comes when the answer is made and not yet sent; there is no other way to an error's cause.
  provider.on('grant.error', (context, error) => {
    const form = formOf(context);
    const clientId = context.oidc.entities.Client?.clientId ?? form.client_id ?? '';
    const usedAssertion = form.client_assertion !== undefined;
    const refusal = translateError(error, { clientId, name: apps.find(clientId)?.name ?? '', usedAssertion });
    refused.set(context, refusal);
    context.status = refusal.status;
    context.body = refusalBody(refusal, form['client-request-id']);
  });
  provider.on('server_error', (_context, error) => console.error(error));

  provider.use(async (context, next) => {
    await next();
    const { oidc } = context as Partial<KoaContextWithOIDC>;
    if (oidc?.route !== 'token') return;
    const form = formOf(context as KoaContextWithOIDC);
    seen({
      grantType: form.grant_type ?? '',
      clientId: form.client_id ?? '',
      scope: form.scope ?? '',
      at: new Date(),
      errorCode: refused.get(context)?.words.code,
    });
    if (context.status !== 200) return;
    const answer = context.body as Record<string, unknown>;
    answer.ext_expires_in = answer.expires_in;
    // MSAL's account id is made of these two: https://learn.microsoft.com/entra/msal/javascript/common/accounts
    const uid = oidc.entities.Account?.accountId;
    if (form.client_info === '1' && uid) answer.client_info = base64UrlJson({ uid, utid: tenantId });
  });
}

function formOf({ oidc }: KoaContextWithOIDC): Partial<Record<string, string>> {
  return (oidc.body ?? {}) as Partial<Record<string, string>>;
}

function base64UrlJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
