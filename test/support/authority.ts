// The authority that every test server's certificate comes from: the one `npm test` names in NODE_EXTRA_CA_CERTS.
import { join } from 'node:path';
import { type Authority, createAuthority } from '../../local/tls.ts';

export function localAuthority(): Promise<Authority> {
  return createAuthority(join(import.meta.dirname, '../../.local/tls'));
}
