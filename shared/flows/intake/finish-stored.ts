// What was stored and not published - its worker died, the bus was away, the server hides it now - is finished from its raw.
import type { Stored } from '../../azure/cosmos.ts';
import { listStored, recordMails } from '../../azure/ledger.ts';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { type MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { noteBounces } from '../surveys/note-bounces.ts';
import { reopenStored } from './download.ts';
import { identifyMails } from './identify.ts';
import { publishFresh } from './publish.ts';
import { recordWrite } from './records.ts';
import { readSurroundings } from './surroundings.ts';
import type { IntakeContext } from './visit.ts';

/** A mail this young is still in the hands of the fetch that stored it. */
const IN_HANDS_MS = 5 * 60_000;
/** Far below what a function may take: with the bus away each mail waits for it, and the host ends a process over time. */
const WORK_FOR_MS = 60_000;
/** A mail that is older than this was tried often; nobody looks inside it any more. */
const PARSED_FOR_MS = 3_600_000;

/**
 * Publishes and records what was left `stored`, for a minute at most. To be called regularly. A fetch that does the same meanwhile does no harm:
 * the event has the same id, and of the two records the second is refused by ETag.
 * @throws MaloteError `dependency_unavailable` when the ledger cannot be searched
 */
export async function finishStored(
  clients: Clients,
  { log, clock }: { log: Log; clock: () => Date },
): Promise<void> {
  const until = clock().getTime() + WORK_FOR_MS;
  const before = new Date(clock().getTime() - IN_HANDS_MS);
  for await (const left of listStored(clients.database.ledger, before)) {
    for (const [serviceId, records] of Map.groupBy(left, ({ value }) => value.serviceId)) {
      if (clock().getTime() >= until) return;
      await finishOfService(clients, serviceId, records, { until, log: log.bind({ serviceId }), clock });
    }
  }
}

async function finishOfService(
  clients: Clients,
  serviceId: ServiceId,
  records: Stored<LedgerRecord>[],
  { until, log, clock }: { until: number; log: Log; clock: () => Date },
): Promise<void> {
  const found = await findService(clients.database.catalog, serviceId);
  if (!found) {
    for (const record of records) await setAside(clients, record, 'Its service was deleted.');
    return;
  }
  const { service } = found.value;
  const surroundings = await readSurroundings(clients, service, clock());
  for (const record of records) {
    if (clock().getTime() >= until) return;
    const { generation } = record.value.source;
    const context = { ...surroundings, clients, service, generation, log, clock };
    const failure = await finish(context, record).catch(toMaloteError);
    if (failure) log.warn('stored-unfinished', { mailKey: record.value.id, code: failure.code });
    const isForEver = failure && (failure.code === 'not_found' || traitsOf(failure.code).fault === 'mail');
    if (isForEver) await setAside(clients, record, failure.message);
  }
}

/** One mail, for another must not suffer by it. @returns why it is not finished */
async function finish(
  context: IntakeContext,
  stored: Stored<LedgerRecord>,
): Promise<MaloteError | undefined> {
  const { value } = stored;
  const { id: key, source, recordedAt, rawSizeBytes } = value;
  const listed = { id: source.id, receivedAt: new Date(value.receivedAt), sizeBytes: rawSizeBytes };
  const storedAt = new Date(recordedAt);
  const isYoung = context.clock().getTime() - storedAt.getTime() < PARSED_FOR_MS;
  const downloaded = await reopenStored(context, listed, key, isYoung ? 'parse' : 'rawOnly', storedAt);
  const mails = await identifyMails(context, [downloaded]);
  const { done, refused, failure } = await publishFresh(context, mails, async () => {});
  // Before their records: what fails here comes again.
  const bounces = done.map(({ mail }) => mail.classification.bounce);
  await noteBounces(context.clients, bounces, {
    serviceId: context.service.id,
    now: context.clock(),
    log: context.log,
  });
  const writes = done.map(mail => ({ ...recordWrite(context, mail), over: stored }));
  const [unrecorded] = await recordMails(context.clients.database.ledger, context.service.id, writes);
  for (const { record } of writes) {
    const { state, parse } = record;
    const lagMs = state === 'published' ? context.clock().getTime() - listed.receivedAt.getTime() : undefined;
    if (!unrecorded) context.log.info('mail-recorded', { mailKey: key, state, rawSizeBytes, parse, lagMs });
  }
  return refused[0]?.error ?? failure ?? unrecorded;
}

async function setAside({ database }: Clients, stored: Stored<LedgerRecord>, reason: string): Promise<void> {
  const { value } = stored;
  const record: LedgerRecord = { ...value, state: 'setAside', reason };
  await recordMails(database.ledger, value.serviceId, [{ record, over: stored }]);
}
