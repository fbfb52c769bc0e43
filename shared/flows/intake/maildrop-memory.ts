// What a reader remembers of a maildrop from one fetch to the next, kept in Blob: a cache, lost without harm.
import { findText, maildropPath, replaceBlob } from '../../azure/blobs.ts';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';
import { toMaloteError } from '../../errors.ts';
import type { Visit } from './visit.ts';

/** As it was read; nothing in it when there is nothing yet. */
export type MaildropMemory = { text: string | undefined; etag: string | undefined };

/** Reads what is remembered. @throws MaloteError `dependency_unavailable` */
export async function recallMaildrop(
  { mails }: Pick<Clients, 'mails'>,
  serviceId: ServiceId,
): Promise<MaildropMemory> {
  return (await findText(mails, maildropPath(serviceId))) ?? { text: undefined, etag: undefined };
}

/**
 * Writes what the reader wants remembered, if that changed, and lets the mailbox go: it is to be unlocked before the lease
 * is given back.
 * @returns whether it is remembered; a failure is logged, and costs the next fetch the same questions again
 */
export async function rememberMaildrop(
  { clients, log, session, service }: Pick<Visit, 'clients' | 'log' | 'session' | 'service'>,
  { etag }: MaildropMemory,
): Promise<boolean> {
  await session.close();
  const text = session.maildrop?.toRemember();
  if (text === undefined) return true;
  try {
    await replaceBlob(clients.mails, maildropPath(service.id), text, etag);
    return true;
  } catch (error) {
    log.warn('maildrop-forgotten', { code: toMaloteError(error).code });
    return false;
  }
}
