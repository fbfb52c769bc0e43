// The mails' bytes in Blob Storage: written once, never changed, under `{serviceId}/{mailKey}/`; and what is remembered of mailboxes.

import { addAbortSignal, type Readable } from 'node:stream';
import type { BlockBlobClient, ContainerClient, RestError } from '@azure/storage-blob';
import type { Config } from '../config.ts';
import { type MailKey, type ServiceId, serviceOf } from '../domain/ids.ts';
import { MaloteError } from '../errors.ts';
import { managedIdentity } from './managed-identity.ts';
import type { Patience, PutBlob } from './put-blob.ts';

/** Bytes to store: in memory, or a file of which the size is known. */
export type Content = { bytes: Uint8Array } | { path: string };

/** What a stored blob is, for those who download it. */
export type BlobHeaders = { type: string; name?: string; sha256?: string };

export type Download = BlobHeaders & { sizeBytes: number; etag: string; body: Readable };

/** The service says itself when it gives up; who has waited a little longer for its answer waits for a connection that is dead. */
const usualPatience: Patience = { tryMs: 25_000, answerMs: 30_000 };

/** Opens the container of mails with the connection string, or with the app's managed identity. */
export async function openMailBlobs(
  config: Config['blob'],
  patience: Patience = usualPatience,
): Promise<ContainerClient> {
  const [{ BlobServiceClient }, { openCompatHttpClient }, { openPutBlob }] = await Promise.all([
    import('@azure/storage-blob'),
    import('./http-client.ts'),
    import('./put-blob.ts'),
  ]);
  const options = {
    httpClient: openCompatHttpClient(patience.answerMs),
    retryOptions: { maxTries: 3, tryTimeoutInMs: patience.tryMs, retryDelayInMs: 200 },
  };
  const service =
    'connectionString' in config
      ? BlobServiceClient.fromConnectionString(config.connectionString, options)
      : new BlobServiceClient(config.endpoint, managedIdentity, options);
  const mails = service.getContainerClient('mails');
  shortWays.set(mails, openPutBlob(mails, patience));
  return mails;
}

export const rawPath = (key: MailKey) => `${serviceOf(key)}/${key}/raw`;
export const bodyPath = (key: MailKey) => `${serviceOf(key)}/${key}/body.json`;
export const dataPath = (key: MailKey, name: string) => `${serviceOf(key)}/${key}/data/${name}`;
export const maildropPath = (serviceId: ServiceId) => `${serviceId}/maildrop.json`;
export const takenInPath = (serviceId: ServiceId) => `${serviceId}/taken-in`;
export const attachmentPath = (key: MailKey, number: number, sha256: string) =>
  `${serviceOf(key)}/${key}/a/${number}-${sha256}`;

/**
 * Writes a blob that does not exist yet.
 * @returns `written`, or `exists` with what its first writer said of it: those bytes stay
 * @throws MaloteError `refused_by_store` (for ever), `dependency_unavailable`
 */
export async function writeOnce(
  mails: ContainerClient,
  path: string,
  content: Content,
  { type, name, sha256 }: BlobHeaders,
): Promise<
  { outcome: 'written' } | { outcome: 'exists'; sha256: string | undefined; since: Date | undefined }
> {
  // Metadata travels as an HTTP header: ASCII only.
  const metadata = {
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(name === undefined ? {} : { name: encodeURIComponent(name) }),
  };
  try {
    if (await isWritten(mails, path, content, type, metadata)) return { outcome: 'written' };
  } catch (error) {
    throw toBlobError(path, error);
  }
  return await existing(mails.getBlockBlobClient(path));
}

/** The short way into containers that were opened here. */
const shortWays = new WeakMap<ContainerClient, PutBlob>();

/** Writes a blob, what the short way left open by the SDK, with all its tries; false when there is one already. */
async function isWritten(
  mails: ContainerClient,
  path: string,
  content: Content,
  type: string,
  metadata: Record<string, string>,
): Promise<boolean> {
  const status =
    'bytes' in content ? await shortWays.get(mails)?.(path, content.bytes, type, metadata) : undefined;
  if (status === 201) return true;
  if (status === 409 || status === 412) return false;
  const blob = mails.getBlockBlobClient(path);
  const options = {
    conditions: { ifNoneMatch: '*' },
    blobHTTPHeaders: { blobContentType: type },
    metadata,
  };
  try {
    if ('path' in content) await blob.uploadFile(content.path, options);
    else await blob.upload(content.bytes, content.bytes.byteLength, options);
    return true;
  } catch (error) {
    if (!isStatus(error, 409) && !isStatus(error, 412)) throw error;
    return false;
  }
}

/** Whether there is a blob. @throws MaloteError `dependency_unavailable` */
export async function hasBlob(mails: ContainerClient, path: string): Promise<boolean> {
  try {
    return await mails.getBlockBlobClient(path).exists();
  } catch (error) {
    throw toBlobError(path, error);
  }
}

async function existing(blob: BlockBlobClient) {
  try {
    const { metadata, createdOn } = await blob.getProperties();
    return { outcome: 'exists' as const, sha256: metadata?.sha256, since: createdOn };
  } catch (error) {
    throw toBlobError(blob.name, error);
  }
}

/**
 * Writes a blob that may change, if nobody else did since it was read; `etag` undefined means that it must not exist yet.
 * @throws MaloteError `precondition_failed`, `refused_by_store`, `dependency_unavailable`
 */
export async function replaceBlob(
  mails: ContainerClient,
  path: string,
  text: string,
  etag: string | undefined,
): Promise<void> {
  const bytes = Buffer.from(text);
  const conditions = etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: etag };
  const blobHTTPHeaders = { blobContentType: 'application/json' };
  try {
    await mails.getBlockBlobClient(path).upload(bytes, bytes.byteLength, { conditions, blobHTTPHeaders });
  } catch (error) {
    if (!isStatus(error, 409) && !isStatus(error, 412)) throw toBlobError(path, error);
    // Sent again because its answer was lost, a write is refused by what it wrote itself.
    if ((await findText(mails, path))?.text === text) return;
    throw new MaloteError('precondition_failed', `The blob ${path} was changed meanwhile.`, { cause: error });
  }
}

/** Writes a blob, whatever it held before. @throws MaloteError `refused_by_store`, `dependency_unavailable` */
export async function overwriteBlob(mails: ContainerClient, path: string, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const blobHTTPHeaders = { blobContentType: 'text/plain' };
  try {
    await mails.getBlockBlobClient(path).upload(bytes, bytes.byteLength, { blobHTTPHeaders });
  } catch (error) {
    throw toBlobError(path, error);
  }
}

/** All of a blob that is text; undefined when there is none. @throws MaloteError `dependency_unavailable` */
export async function findText(
  mails: ContainerClient,
  path: string,
): Promise<{ text: string; etag: string } | undefined> {
  try {
    const { body, etag } = await readBlob(mails, path);
    return { text: (await readBody(body)).toString(), etag };
  } catch (error) {
    if (!(error instanceof MaloteError)) throw toBlobError(path, error);
    if (error.code !== 'not_found') throw error;
    return undefined;
  }
}

/**
 * Opens a blob for reading.
 * @throws MaloteError `not_found`, `dependency_unavailable`
 */
export async function readBlob(
  mails: ContainerClient,
  path: string,
  signal?: AbortSignal,
): Promise<Download> {
  try {
    const response = await mails
      .getBlockBlobClient(path)
      .download(0, undefined, signal === undefined ? {} : { abortSignal: signal });
    const { metadata = {}, contentType, contentLength, etag, readableStreamBody } = response;
    return {
      type: contentType ?? 'application/octet-stream',
      sizeBytes: contentLength ?? 0,
      etag: etag ?? '',
      body: readableStreamBody as Readable,
      ...(metadata.name === undefined ? {} : { name: decodeURIComponent(metadata.name) }),
      ...(metadata.sha256 === undefined ? {} : { sha256: metadata.sha256 }),
    };
  } catch (error) {
    throw toBlobError(path, error);
  }
}

/** What stands still for so long ends, for the jobs that read it have minutes: the SDK sets no time for a body. */
const BODY_MS = 60_000;

/** All bytes of a body that fits into memory. @throws MaloteError `dependency_unavailable` when it breaks off or stands still */
export async function readBody(body: Readable, deadlineMs = BODY_MS): Promise<Buffer> {
  try {
    return Buffer.concat(await addAbortSignal(AbortSignal.timeout(deadlineMs), body).toArray());
  } catch (cause) {
    throw new MaloteError('dependency_unavailable', 'Blob Storage broke off what it was sending.', { cause });
  }
}

/** The first bytes of a blob. @throws MaloteError `not_found`, `dependency_unavailable` */
export async function readBeginning(mails: ContainerClient, path: string, bytes: number): Promise<Buffer> {
  try {
    const { readableStreamBody } = await mails.getBlockBlobClient(path).download(0, bytes);
    return await readBody(readableStreamBody as Readable);
  } catch (error) {
    throw toBlobError(path, error);
  }
}

/** Deletes all that is stored of a mail. @throws MaloteError `dependency_unavailable`, `refused_by_store` */
export async function deleteMailBlobs(mails: ContainerClient, key: MailKey): Promise<void> {
  try {
    for await (const { name } of mails.listBlobsFlat({ prefix: `${serviceOf(key)}/${key}/` }))
      await mails.deleteBlob(name, { deleteSnapshots: 'include' }).catch(error => {
        if (!isStatus(error, 404)) throw error;
      });
  } catch (error) {
    throw toBlobError(key, error);
  }
}

/** The path of a mail's attachment by its number, which is all that its address names; undefined without one. */
export async function findAttachmentPath(
  mails: ContainerClient,
  key: MailKey,
  number: number,
): Promise<string | undefined> {
  try {
    for await (const blob of mails.listBlobsFlat({ prefix: `${serviceOf(key)}/${key}/a/${number}-` }))
      return blob.name;
    return undefined;
  } catch (error) {
    throw toBlobError(key, error);
  }
}

function isStatus(error: unknown, status: number): boolean {
  return isRestError(error) && error.statusCode === status;
}

function toBlobError(path: string, error: unknown): MaloteError {
  if (isStatus(error, 404))
    return new MaloteError('not_found', `There is no blob ${path}.`, { cause: error });
  const status = isRestError(error) ? error.statusCode : undefined;
  const forEver =
    status !== undefined && status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
  return forEver
    ? new MaloteError('refused_by_store', `Blob Storage refused ${path} (${status}).`, { cause: error })
    : new MaloteError('dependency_unavailable', `Blob Storage is not available (${status ?? 'no answer'}).`, {
        cause: error,
      });
}

/** Told by its name: the class is loaded with the SDK alone. */
function isRestError(error: unknown): error is RestError {
  return error instanceof Error && error.name === 'RestError';
}
