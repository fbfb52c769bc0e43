// What whoever watches asks of the whole: how mailboxes are, what waits to be told, which secrets end. Told by one timer, not by every instance.
import { listUnpublishedSince } from '../../azure/ledger.ts';
import { listFailing } from '../../azure/mailbox-store.ts';
import { listNotSending } from '../../azure/sending-store.ts';
import { listWatched, type WatchedService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { isEnding } from '../../domain/service/warnings.ts';
import type { Log } from '../../log.ts';

/** So many are looked at; of more the oldest may be older still. */
const MOST_COUNTED = 1_000;

/**
 * Logs `gauges-told`, and one line for each mailbox that is failing, each that cannot send, and each secret or certificate that ends
 * within 30 days. Five queries, about 15 RU, and 0.3 for each service, each that fails and each mail that waits.
 * @throws MaloteError `dependency_unavailable`
 */
export async function tellGauges(
  { database }: Pick<Clients, 'database'>,
  now: Date,
  log: Log,
): Promise<void> {
  const [services, failing, sending, unpublished] = await Promise.all([
    listWatched(database.catalog),
    listFailing(database.mailboxes),
    listNotSending(database.mailboxes),
    listUnpublishedSince(database.ledger, MOST_COUNTED),
  ]);
  const active = new Map(services.filter(service => service.active).map(service => [service.id, service]));
  const troubles = failing.filter(({ serviceId }) => active.has(serviceId));
  for (const { serviceId, code, since } of troubles) log.warn('mailbox-failing', { serviceId, code, since });
  const notSending = sending.filter(
    ({ serviceId, serviceEtag }) => active.get(serviceId)?.etag === serviceEtag,
  );
  for (const { serviceId, code, since } of notSending)
    log.warn('sending-failing', { serviceId, code, since });
  for (const service of active.values()) tellEnding(service, now, log);
  const failingCount = new Set(troubles.map(({ serviceId }) => serviceId)).size;
  log.info('gauges-told', {
    healthy: active.size - failingCount,
    failing: failingCount,
    inactive: services.length - active.size,
    notSending: notSending.length,
    oldestUnpublishedAt: unpublished.toSorted()[0] ?? null,
  });
}

function tellEnding({ id, ...auth }: WatchedService, now: Date, log: Log): void {
  for (const field of ['clientSecretExpiresAt', 'clientCertificateExpiresAt'] as const) {
    const expiresAt = auth[field];
    if (!expiresAt || !isEnding(expiresAt, now)) continue;
    log.warn('credential-ending', { serviceId: id, field, expiresAt });
  }
}
