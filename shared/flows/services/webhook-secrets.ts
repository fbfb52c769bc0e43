// The secrets that the webhook is signed with: made here and shown once, two at most, so that one can take the other's place.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Pending } from '../../azure/outbox.ts';
import {
  readWebhookSecrets,
  type WebhookSecret,
  writeWebhookSecrets,
} from '../../azure/webhook-secrets-store.ts';
import type { Clients } from '../../clients.ts';
import type { SecretKey } from '../../config.ts';
import { auditEntry } from '../../domain/audit.ts';
import { maskedSecret } from '../../domain/changes.ts';
import { MaloteError, toMaloteError } from '../../errors.ts';
import { seal, unseal } from '../../secrets.ts';
import { type ChangeRequest, retryUntilWritten } from './change.ts';
import { deliverSoon } from './outbox.ts';

const MOST = 2;
const KEY_BYTES = 32;

/** What is shown of a secret at any time. */
export type ShownSecret = Pick<WebhookSecret, 'id' | 'createdAt'>;

/** Oldest first. @throws MaloteError `dependency_unavailable` */
export async function listWebhookSecrets({
  database: { catalog },
}: Pick<Clients, 'database'>): Promise<ShownSecret[]> {
  const { value } = await readWebhookSecrets(catalog);
  return value.map(({ id, createdAt }) => ({ id, createdAt }));
}

/**
 * Makes a secret, good at once.
 * @returns with it the secret itself, `whsec_` and 32 bytes in base64: nobody is shown it again
 * @throws MaloteError `conflict` when there are two, `dependency_unavailable`
 */
export async function addWebhookSecret(
  clients: Clients,
  request: ChangeRequest,
): Promise<ShownSecret & { secret: string }> {
  const { config, database } = clients;
  const id = randomBytes(6).toString('hex');
  const secret = `whsec_${randomBytes(KEY_BYTES).toString('base64')}`;
  const createdAt = request.now.toISOString();
  const made = { id, createdAt, secret: seal(config.secretKeys, secret, contextOf(id)) };
  const pending = pendingOf('created', id, request);
  await retryUntilWritten(async () => {
    const { value, etag } = await readWebhookSecrets(database.catalog);
    if (value.length >= MOST) {
      throw new MaloteError(
        'conflict',
        `There are ${MOST} webhook secrets already; delete the one that is no longer used (DELETE /api/settings/webhook-secrets/{id}).`,
      );
    }
    return (await writeWebhookSecrets(database.catalog, [...value, made], etag, pending)) || 'blocked';
  });
  await deliverSoon(clients, pending, request.log);
  return { id, createdAt, secret };
}

/** Deletes a secret: calls that are signed with it are refused at once. @throws MaloteError `not_found`, `dependency_unavailable` */
export async function removeWebhookSecret(
  clients: Clients,
  id: string,
  request: ChangeRequest,
): Promise<void> {
  const { catalog } = clients.database;
  const pending = pendingOf('deleted', id, request);
  await retryUntilWritten(async () => {
    const { value, etag } = await readWebhookSecrets(catalog);
    const left = value.filter(each => each.id !== id);
    if (left.length === value.length) {
      throw new MaloteError('not_found', `There is no webhook secret "${id.slice(0, 40)}".`);
    }
    return (await writeWebhookSecrets(catalog, left, etag, pending)) || 'blocked';
  });
  await deliverSoon(clients, pending, request.log);
}

/**
 * The secrets that are good now: one point read, kept nowhere, so that a deleted one is good no longer. Those under an older key of
 * the deployment are encrypted anew under the newest. One that cannot be read keeps no other from being used.
 * @throws MaloteError `dependency_unavailable`; `secret_unreadable` when none can be read, for their key is gone
 */
export async function liveWebhookSecrets({
  config: { secretKeys },
  database: { catalog },
}: Pick<Clients, 'config' | 'database'>): Promise<string[]> {
  const { value, etag } = await readWebhookSecrets(catalog);
  const opened = value.map(({ id, secret }) => open(secretKeys, id, secret));
  const texts = opened.filter(text => typeof text === 'string');
  const [fault] = opened.filter(text => typeof text !== 'string');
  if (fault && texts.length === 0) throw fault;
  if (!fault && value.some(({ secret }) => secret.keyId !== secretKeys[0]?.id)) {
    const anew = value.map((each, index) => ({
      ...each,
      secret: seal(secretKeys, texts[index] ?? '', contextOf(each.id)),
    }));
    // The next call does it otherwise.
    await writeWebhookSecrets(catalog, anew, etag).catch(() => {});
  }
  return texts;
}

/** The secret as it was shown, or why it cannot be read. */
function open(keys: readonly SecretKey[], id: string, sealed: WebhookSecret['secret']): string | MaloteError {
  try {
    return unseal(keys, sealed, contextOf(id));
  } catch (cause) {
    const { code, message } = toMaloteError(cause);
    const cure = `Delete the webhook secret "${id}", make another, and give it to the platform.`;
    return new MaloteError(code, message, { cause, cure });
  }
}

function pendingOf(action: 'created' | 'deleted', id: string, { actor, now }: ChangeRequest): Pending {
  const [from, to] = action === 'created' ? [null, maskedSecret] : [maskedSecret, null];
  const changes = [{ field: 'secret', from, to }];
  const entry = { id: randomUUID(), who: actor, action, kind: 'webhookSecret', target: id, changes } as const;
  return { audit: auditEntry(entry, now), event: null };
}

function contextOf(id: string): string {
  return `settings/webhook-secrets/${id}`;
}
