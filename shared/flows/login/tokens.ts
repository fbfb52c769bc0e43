// The tokens of a saved service: sealed in the database, and used for the place alone that they were got for.
import { findTokens, type TokensItem, writeTokens } from '../../azure/token-store.ts';
import type { Clients } from '../../clients.ts';
import type { SecretKey } from '../../config.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { Connection } from '../../domain/mailbox/status.ts';
import type { Service } from '../../domain/service/service.ts';
import { type OAuthMailbox, tokenBinding, usesTokens } from '../../domain/service/token-binding.ts';
import type { KeptTokens, TokenStore } from '../../mailboxes/entra/tokens.ts';
import { connectionUnreadable } from '../../mailboxes/entra/unconnected.ts';
import { seal, unseal } from '../../secrets.ts';

/** Where the tokens of a mailbox are kept. */
export function keptTokens(
  { config, database: { mailboxes } }: Pick<Clients, 'config' | 'database'>,
  serviceId: ServiceId,
  mailbox: OAuthMailbox,
): TokenStore {
  const boundTo = tokenBinding(mailbox, config.microsoft.loginUrl);
  const keys = config.secretKeys;
  // Bound by the seal too: written into another item, tokens are worth nothing.
  const context = `mailboxes/${serviceId}/tokens/${boundTo}`;
  return {
    read: async () => {
      const found = await findTokens(mailboxes, serviceId);
      const tokens = found?.value.boundTo === boundTo ? unsealTokens(keys, found.value, context) : undefined;
      return { tokens, etag: found?.etag };
    },
    write: ({ cache, provenBy, refreshingUntil, connection }, etag) => {
      const sealed = cache === null ? null : seal(keys, JSON.stringify({ cache, provenBy }), context);
      const item: TokensItem = {
        id: 'tokens',
        serviceId,
        boundTo,
        cache: sealed,
        refreshingUntil,
        connection,
      };
      return writeTokens(mailboxes, item, etag);
    },
  };
}

/** An app's own tokens that cannot be unsealed are got anew; a person's consent has to be given again. */
function unsealTokens(
  keys: readonly SecretKey[],
  { cache, refreshingUntil, connection }: TokensItem,
  context: string,
): KeptTokens | undefined {
  try {
    const unsealed = cache ? JSON.parse(unseal(keys, cache, context)) : { cache: null, provenBy: null };
    return { ...unsealed, refreshingUntil, connection };
  } catch (error) {
    if (connection) throw connectionUnreadable(error);
    return undefined;
  }
}

/** The connection of a service as it is now. One point read, none for one with a password. */
export async function findConnection(
  { config, database }: Pick<Clients, 'config' | 'database'>,
  { id, mailbox }: Service,
): Promise<Connection | null> {
  if (!usesTokens(mailbox)) return null;
  const { flow } = mailbox.auth;
  const found = flow === 'authorizationCode' ? await findTokens(database.mailboxes, id) : undefined;
  const isOurs = found?.value.boundTo === tokenBinding(mailbox, config.microsoft.loginUrl);
  const connection = isOurs ? found.value.connection : null;
  return { flow, connectedAs: connection?.account ?? null, connectedAt: connection?.at ?? null };
}
