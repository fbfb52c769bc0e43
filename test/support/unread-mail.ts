// A mail as intake leaves it that it could not read: set aside, with its raw in Blob.
import { randomUUID } from 'node:crypto';
import { rawPath, writeOnce } from '../../shared/azure/blobs.ts';
import { recordMails } from '../../shared/azure/ledger.ts';
import type { Clients } from '../../shared/clients.ts';
import type { MailKey, ServiceId } from '../../shared/domain/ids.ts';
import { mailKeyOf } from '../../shared/domain/mail/key.ts';
import { ledgerRecord } from './ledger-record.ts';

/** Keeps one in a service; its key. */
export async function keepUnread(
  { database, mails }: Pick<Clients, 'database' | 'mails'>,
  service: string,
  raw: string,
  receivedAt = new Date(),
): Promise<MailKey> {
  const serviceId = service as ServiceId;
  const source = { generation: 'imap/lost/1', id: randomUUID() };
  const id = mailKeyOf(serviceId, source.generation, source.id);
  await writeOnce(mails, rawPath(id), { bytes: Buffer.from(raw) }, { type: 'message/rfc822' });
  const place = { id, serviceId, source, receivedAt: receivedAt.toISOString() };
  const why = { state: 'setAside', reason: 'Ended three workers.', parse: 'failed' } as const;
  const [failure] = await recordMails(database.ledger, serviceId, [
    { record: ledgerRecord({ ...place, ...why }) },
  ]);
  if (failure) throw failure;
  return id;
}
