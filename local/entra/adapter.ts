// How oidc-provider finds what it knows: apps in the registry, the rest in the records.
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { type Apps, clientMetadata } from './apps.ts';
import type { Records } from './records.ts';
import { openIdScopes } from './resources.ts';
import type { TokenSettings } from './token-settings.ts';

/** Nobody stays signed in, so that everyone is asked who they are; and MSAL shows the same assertion for ten minutes. */
const forgotten = ['Session', 'ReplayDetection'];

export function createAdapter(apps: Apps, records: Records, settings: TokenSettings): AdapterFactory {
  return model => {
    if (model === 'Client') return { ...nothing, find: async id => metadataOf(apps, id) };
    if (forgotten.includes(model)) return nothing;
    const stored = storedIn(records, model, settings);
    if (model !== 'RefreshToken') return stored;
    return {
      ...stored,
      find: async id => withAllConsented(records, id),
      // "Refresh tokens aren't revoked when used to fetch new access tokens":
      // https://learn.microsoft.com/entra/identity-platform/refresh-tokens
      consume: async id => (settings.strictRotation ? stored.consume(id) : undefined),
    };
  };
}

function storedIn(records: Records, model: string, settings: TokenSettings): Adapter {
  return {
    ...nothing,
    upsert: async (id, payload) => records.save(model, id, payload),
    find: async id => records.find(model, id),
    consume: async id => records.consume(model, id),
    destroy: async id => records.destroy(model, id),
    // When a code or a refresh token came twice.
    revokeByGrantId: async grantId =>
      settings.strictRotation ? records.destroyOfGrant(model, grantId) : undefined,
  };
}

function metadataOf(apps: Apps, clientId: string): AdapterPayload | undefined {
  const app = apps.find(clientId);
  return app && clientMetadata(app);
}

/** Entra keeps consents by person and app: a refresh token is good for all of them, whenever they were given. */
function withAllConsented(records: Records, id: string): AdapterPayload | undefined {
  const token = records.find('RefreshToken', id);
  const resources = token?.grantId && records.find('Grant', token.grantId)?.resources;
  if (!token || !resources) return token;
  return {
    ...token,
    resource: Object.keys(resources),
    scope: [...openIdScopes, ...Object.values(resources)].join(' '),
  };
}

const nothing: Adapter = {
  upsert: async () => {},
  find: async () => {},
  findByUserCode: async () => {},
  findByUid: async () => {},
  consume: async () => {},
  destroy: async () => {},
  revokeByGrantId: async () => {},
};
