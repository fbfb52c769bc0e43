// What was stored and not published - its worker died, the bus was away, the server hides it now - is finished from its raw.
import type { Stored } from '../../azure/cosmos.ts';
import { listStored, recordMails } from '../../azure/ledger.ts';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { type Care, careFor } from '../../domain/mailbox/suspects.ts';
import { type MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { noteBounces } from '../surveys/note-bounces.ts';
import { reopenStored } from './download.ts';
import { deathsOf, FinishAttempt } from './finish-attempt.ts';
import { identifyMails } from './identify.ts';
import { publishFresh } from './publish.ts';
import { recordWrite } from './records.ts';
import { readSurroundings } from './surroundings.ts';
import type { IntakeContext } from './visit.ts';

/** A mail this young is still in the hands of the fetch that stored it. */
const IN_HANDS_MS = 5 * 60_000;
/** Far below what a function may take: with the bus away each mail waits for it, and the host ends a process over time. */
const WORK_FOR_MS = 60_000;

const OF_DELETED_SERVICE = 'Its service was deleted.';
const OF_DEATHS =
  'Three attempts to publish it from its raw ended the worker, the last one without looking inside. The raw is kept: when the cause is mended, replay it.';

type Options = { log: Log; clock: () => Date };

/**
 * Publishes and records what was left `stored`, for a minute at most; what ended a worker comes last. To be called regularly. A
 * fetch that does the same meanwhile does no harm: the event has the same id, and of the two records the second is refused by ETag.
 * @throws MaloteError `dependency_unavailable` when the ledger cannot be searched
 */
export async function finishStored(clients: Clients, { log, clock }: Options): Promise<void> {
  const until = clock().getTime() + WORK_FOR_MS;
  const before = new Date(clock().getTime() - IN_HANDS_MS);
  const suspects: Stored<LedgerRecord>[] = [];
  for await (const left of listStored(clients.database.ledger, before)) {
    const isSuspect = ({ value }: Stored<LedgerRecord>) => deathsOf(value) > 0;
    suspects.push(...left.filter(isSuspect));
    const others = left.filter(record => !isSuspect(record));
    if (!(await finishAll(clients, others, { until, log, clock }))) return;
  }
  await finishAll(clients, suspects, { until, log, clock });
}

/** @returns whether there is time left */
async function finishAll(
  clients: Clients,
  left: Stored<LedgerRecord>[],
  { until, log, clock }: Options & { until: number },
): Promise<boolean> {
  for (const [serviceId, records] of Map.groupBy(left, ({ value }) => value.serviceId)) {
    if (clock().getTime() >= until) return false;
    await finishOfService(clients, serviceId, records, { until, log: log.bind({ serviceId }), clock });
  }
  return clock().getTime() < until;
}

async function finishOfService(
  clients: Clients,
  serviceId: ServiceId,
  records: Stored<LedgerRecord>[],
  { until, log, clock }: Options & { until: number },
): Promise<void> {
  const { catalog, ledger } = clients.database;
  const attempts = records.map(record => new FinishAttempt(ledger, record));
  const found = await findService(catalog, serviceId);
  if (!found) {
    for (const attempt of attempts) await attempt.setAside(OF_DELETED_SERVICE);
    return;
  }
  const { service } = found.value;
  const surroundings = await readSurroundings(clients, service, clock());
  for (const attempt of attempts) {
    if (clock().getTime() >= until) return;
    const { id: mailKey, source } = attempt.stored.value;
    const care = careFor(attempt.deaths);
    if (care === 'setAside') {
      await attempt.setAside(OF_DEATHS);
      continue;
    }
    const context = { ...surroundings, clients, service, generation: source.generation, log, clock };
    const failure = await finish(context, attempt, care).catch(toMaloteError);
    if (!failure) continue;
    log.warn('stored-unfinished', { mailKey, code: failure.code });
    const { fault, mailSuspected } = traitsOf(failure.code);
    if (failure.code === 'not_found' || fault === 'mail') await attempt.setAside(failure.message);
    // Where even that fails, this process knows that it lives.
    else await attempt.end({ stumbled: mailSuspected && !clients.stopping.aborted }).catch(() => {});
  }
}

/** One mail, for another must not suffer by it. @returns why it is not finished */
async function finish(
  context: IntakeContext,
  attempt: FinishAttempt,
  care: Care,
): Promise<MaloteError | undefined> {
  const { ledger } = context.clients.database;
  const { id: key, source, receivedAt, recordedAt, rawSizeBytes } = attempt.stored.value;
  const listed = { id: source.id, receivedAt: new Date(receivedAt), sizeBytes: rawSizeBytes };
  await attempt.begin();
  const downloaded = await reopenStored(context, listed, key, care, new Date(recordedAt));
  const mails = await identifyMails(context, [downloaded]);
  // Taken back before the bus is waited for: what ends the process then is not this mail.
  const { done, refused, failure } = await publishFresh(context, mails, () => attempt.end());
  // Before their records: what fails here comes again.
  const bounces = done.map(({ mail }) => mail.classification.bounce);
  await noteBounces(context.clients, bounces, {
    serviceId: context.service.id,
    now: context.clock(),
    log: context.log,
  });
  const writes = done.map(mail => ({ ...recordWrite(context, mail), over: attempt.stored }));
  const [unrecorded] = await recordMails(ledger, context.service.id, writes);
  for (const { record } of writes) {
    const { state, parse } = record;
    const lagMs = state === 'published' ? context.clock().getTime() - listed.receivedAt.getTime() : undefined;
    if (!unrecorded) context.log.info('mail-recorded', { mailKey: key, state, rawSizeBytes, parse, lagMs });
  }
  return refused[0]?.error ?? failure ?? unrecorded;
}
