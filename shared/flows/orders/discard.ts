// The platform discards the attendance of a mail, where the service allows it.
import { randomUUID } from 'node:crypto';
import type { Stored } from '../../azure/cosmos.ts';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { Actor } from '../../domain/audit.ts';
import { type MailKey, serviceOf } from '../../domain/ids.ts';
import type { LedgerRecord, MailOrder } from '../../domain/mail/ledger-record.ts';
import { discard } from '../../domain/mail/order.ts';
import { MaloteError } from '../../errors.ts';
import { followUpSoon, giveOrder } from './give.ts';
import type { FollowUp } from './reopen.ts';

/**
 * Records that an attendance was discarded, and tells it.
 * @throws MaloteError `not_found`, `forbidden` where the service has discarding switched off, `conflict` for mail not published
 */
export async function discardMail(
  clients: Clients,
  key: MailKey,
  { who, at, reason, agentId }: { who: Actor; at: Date; reason: string | null; agentId: string | null },
  context: FollowUp,
): Promise<Stored<LedgerRecord>> {
  const found = await findService(clients.database.catalog, serviceOf(key));
  if (found?.value.service.discardDisabled) {
    const { name } = found.value.service;
    throw new MaloteError(
      'forbidden',
      `Discarding is switched off for the service "${name}" (discardDisabled).`,
    );
  }
  const id = randomUUID();
  const order: MailOrder = { id, action: 'discarded', who, at: at.toISOString(), reason, agentId };
  const given = await giveOrder(clients, key, record => discard(record, order));
  if (given.value.discard?.id === id) await followUpSoon(clients, [given], context);
  return given;
}
