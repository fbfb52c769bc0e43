// Where the secrets of the webhook are kept: one item in the container `catalog`, so that there are never more than there may be.
import type { Container } from '@azure/cosmos';
import type { Sealed } from '../secrets.ts';
import { type CatalogItem, catalogPartition, commit, creating, findItem, replacing } from './catalog.ts';
import type { Stored } from './cosmos.ts';
import { enqueue, type Pending } from './outbox.ts';

/** One secret, encrypted; `createdAt` is RFC 3339 in UTC. */
export type WebhookSecret = { id: string; createdAt: string; secret: Sealed };

type SecretsItem = CatalogItem & { kind: 'webhookSecrets'; secrets: WebhookSecret[] };

const ID = 'webhookSecrets';

/** The secrets, oldest first; with the ETag, undefined until there was one. One point read. */
export async function readWebhookSecrets(
  catalog: Container,
): Promise<{ value: WebhookSecret[]; etag: Stored<unknown>['etag'] | undefined }> {
  const found = await findItem<SecretsItem>(catalog, ID);
  return { value: found?.value.secrets ?? [], etag: found?.etag };
}

/**
 * Keeps these instead, if nobody wrote them since `etag` was read.
 * @param pending what must follow; nothing where the same secrets are only encrypted anew
 * @returns whether they are kept
 */
export async function writeWebhookSecrets(
  catalog: Container,
  secrets: WebhookSecret[],
  etag: string | undefined,
  pending?: Pending,
): Promise<boolean> {
  const item: SecretsItem = { id: ID, pk: catalogPartition, kind: 'webhookSecrets', secrets };
  const write = etag === undefined ? creating(item) : replacing(item, etag);
  return 'etag' in (await commit(catalog, [write, ...(pending ? [enqueue(pending)] : [])]));
}
