// How connecting a mailbox begins: an address for the person who is to consent.
import { randomUUID } from 'node:crypto';
import { addToTrail } from '../../azure/audit-store.ts';
import { readSettings } from '../../azure/settings-store.ts';
import type { Clients } from '../../clients.ts';
import { type Actor, auditEntry } from '../../domain/audit.ts';
import type { ServiceId } from '../../domain/ids.ts';
import { sendsByMailbox } from '../../domain/service/outgoing.ts';
import type { Service } from '../../domain/service/service.ts';
import { type OAuthMailbox, tokenBinding, usesTokens } from '../../domain/service/token-binding.ts';
import { callbackUrlOf } from '../../domain/settings.ts';
import { MaloteError } from '../../errors.ts';
import { appLogin } from '../login/app-login.ts';
import { unsealSecrets } from '../login/secrets.ts';
import { getService } from '../services/register.ts';
import { askQuestion } from './question.ts';

/** Where the person is to go, where Entra ID sends them back to, and until when (RFC 3339 in UTC). */
export type ConnectStart = { authorizeUrl: string; redirectUri: string; expiresAt: string };

/**
 * Makes the address where a person consents that the mailbox of a service is read.
 * @throws MaloteError `not_found`; `conflict` for a service that nobody has to connect, or whose redirect URI is not ours;
 *   `app_refused` and `login_unavailable`, for then no person could consent
 */
export async function startConnecting(
  clients: Clients,
  id: ServiceId,
  { actor, now, clock }: { actor: Actor; now: Date; clock: () => Date },
): Promise<ConnectStart> {
  const { config, database } = clients;
  const { service, secrets } = (await getService(clients, id)).value;
  const { mailbox, redirectUri } = connectable(service);
  const settings = await readSettings(database.catalog);
  requireOurs(redirectUri, callbackUrlOf(settings.value, config.siteUrl));
  const use = sendsByMailbox(service) ? 'all' : 'read';
  const login = appLogin(clients, mailbox, unsealSecrets(clients, id, secrets), use);
  const { checkApp } = await import('../../mailboxes/entra/check-app.ts');
  await checkApp(login, clock);
  const boundTo = tokenBinding(mailbox, config.microsoft.loginUrl);
  const about = { serviceId: id, boundTo, redirectUri, askedBy: actor };
  const question = await askQuestion(clients, about, now);
  const entry = auditEntry(
    { id: randomUUID(), who: actor, action: 'connecting', kind: 'service', target: id, changes: [] },
    now,
  );
  await addToTrail(database.audit, entry);
  const { authorizeUrl } = await import('../../mailboxes/entra/consent.ts');
  return {
    authorizeUrl: await authorizeUrl(login, question),
    redirectUri,
    expiresAt: question.expiresAt,
  };
}

function connectable({ mailbox }: Service): { mailbox: OAuthMailbox; redirectUri: string } {
  if (usesTokens(mailbox) && mailbox.auth.redirectUri !== null) {
    return { mailbox, redirectUri: mailbox.auth.redirectUri };
  }
  throw new MaloteError(
    'conflict',
    mailbox.auth.type === 'basic'
      ? 'The mailbox is logged in to with a password: nobody has to connect it.'
      : 'The app reads this mailbox by a permission of its own (flow "clientCredentials"): nobody has to connect it.',
    { cure: 'Test it with POST /api/services/{id}/test.' },
  );
}

function requireOurs(redirectUri: string, callbackUrl: string): void {
  if (redirectUri === callbackUrl) return;
  throw new MaloteError(
    'conflict',
    `The service sends people back to ${redirectUri}, but this app is at ${callbackUrl} now.`,
    {
      cure: `Set mailbox.auth.redirectUri to null, and add ${callbackUrl} to the redirect URIs of the app registration in Entra ID.`,
    },
  );
}
