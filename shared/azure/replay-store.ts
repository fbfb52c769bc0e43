// Where the replays of many mails live: one item each in the container `catalog`, changed under its ETag.
import type { Container } from '@azure/cosmos';
import type { ReplayJob } from '../domain/replay-job.ts';
import {
  type CatalogItem,
  catalogPartition,
  commit,
  creating,
  findItem,
  query,
  replacing,
} from './catalog.ts';
import type { Stored } from './cosmos.ts';
import { enqueue, type Pending } from './outbox.ts';

type ReplayItem = CatalogItem & { kind: 'replay'; job: ReplayJob };

/** A job; undefined when there is none. One point read. */
export async function findReplay(catalog: Container, id: string): Promise<Stored<ReplayJob> | undefined> {
  const found = await findItem<ReplayItem>(catalog, itemId(id));
  return found && { value: found.value.job, etag: found.etag };
}

/** Begins a job, with what must follow. */
export async function createReplay(catalog: Container, job: ReplayJob, pending: Pending): Promise<void> {
  await commit(catalog, [creating(toItem(job)), enqueue(pending)]);
}

/** Writes a job that is still as it was read. @returns its new ETag; undefined when it was changed meanwhile */
export async function replaceReplay(
  catalog: Container,
  job: ReplayJob,
  etag: string,
  pending?: Pending,
): Promise<string | undefined> {
  const followed = pending ? [enqueue(pending)] : [];
  const committed = await commit(catalog, [replacing(toItem(job), etag), ...followed]);
  return 'etag' in committed ? committed.etag : undefined;
}

/** Ids of jobs that are running and have not advanced since an instant, `limit` of them. */
export async function listResting(catalog: Container, since: Date, limit: number): Promise<string[]> {
  return query<string>(
    catalog,
    `SELECT TOP ${limit} VALUE c.job.id FROM c
     WHERE c.pk = @pk AND c.kind = 'replay' AND c.job.status = 'running' AND c.job.updatedAt < @since`,
    { '@since': since.toISOString() },
  );
}

function toItem(job: ReplayJob): ReplayItem {
  return { id: itemId(job.id), pk: catalogPartition, kind: 'replay', job };
}

function itemId(id: string): string {
  return `replay:${id}`;
}
