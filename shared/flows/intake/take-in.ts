// A batch of mails on its way in, in two parts: recorded already? - download - raw - parse - attachments; then publish - record.
// Requests are made for many at once, success is judged mail by mail, and in doubt a mail is not done.
import type { Stored } from '../../azure/cosmos.ts';
import { findKnown, type RecordWrite, recordMails } from '../../azure/ledger.ts';
import type { Share } from '../../budget.ts';
import type { MailKey } from '../../domain/ids.ts';
import { mailKeyOf } from '../../domain/mail/key.ts';
import type { LedgerRecord, Tombstone } from '../../domain/mail/ledger-record.ts';
import { sequenceMembers, sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import { accuse, DEATHS_BEFORE_RAW_ONLY, putDown, takeInHand } from '../../domain/mailbox/suspects.ts';
import { type MaloteError, toMaloteError, traitsOf, whereOf } from '../../errors.ts';
import type { Envelope, Listed } from '../../mailboxes/session.ts';
import { noteBounces } from '../surveys/note-bounces.ts';
import type { Batch } from './batches.ts';
import { beginDownload, type Download, type Downloaded } from './download.ts';
import { identifyMails } from './identify.ts';
import { publishFresh } from './publish.ts';
import { recordOf, recordWrite, unreadRecord } from './records.ts';
import { storeFirst } from './store-first.ts';
import { fence, type MailboxChange, type Visit } from './visit.ts';

type Known = Map<MailKey, Stored<LedgerRecord | Tombstone>>;

const SET_ASIDE_MS = 86_400_000;

/** What became of a batch. */
export type TakenIn = {
  /** Ids of mails that are in the ledger, to be disposed of. */
  recorded: string[];
  /** What the mailbox's record has to remember of it, written with the next fence. */
  remember: MailboxChange;
  /** Mails that others did not wait for: they are to come again, alone. */
  putOff: Listed[];
  /** Why some are not in the ledger, when they are to be tried again. */
  failure: MaloteError | undefined;
};

/** A batch that is being downloaded; nobody is told of it yet. */
export type Prepared = {
  batch: Batch;
  /** Those that are still to be taken in. */
  fresh: Listed[];
  known: Known;
  download: Download;
  /** What the mails take up until they are recorded. */
  room: Share;
};

/**
 * Begins with a batch: what needs no other batch to be done before. Its mails are in flight before any of them is downloaded,
 * so that whoever comes after a crash knows what a worker had in its hands.
 * @param room what was taken for them, to be given back by whoever asked for it
 * @throws MaloteError `lease_lost`, `dependency_unavailable`
 */
export async function prepare(visit: Visit, batch: Batch, room: Share): Promise<Prepared> {
  const ids = batch.mails.map(({ id }) => id);
  const { ledger } = visit.clients.database;
  const inHand = new Set(visit.lease.mailbox.inFlight);
  const [known] = await Promise.all([
    findKnown(ledger, visit.service.id, ids.map(keyIn(visit))),
    // The first may have come with the lease.
    ids.every(id => inHand.has(id)) ? undefined : visit.lease.update(mailbox => takeInHand(mailbox, ids)),
  ]);
  const fresh = batch.mails.filter(({ id }) => isUnfinished(known.get(keyIn(visit)(id))?.value));
  const given = batch.care === 'setAside' ? [] : fresh.filter(({ withheld }) => withheld === undefined);
  return { batch, fresh, known, room, download: beginDownload(visit, given, batch, room) };
}

/**
 * Tells of a batch that is safe with us, and records it. The batch before it is in the ledger by now: of two mails that are
 * the same the second is only then known as such.
 * @param free comes when nobody else is at the session
 * @throws MaloteError `lease_lost`, `dependency_unavailable`
 */
export async function takeIn(
  visit: Visit,
  { batch, fresh, known }: Prepared,
  downloaded: Downloaded,
  free?: Promise<unknown>,
): Promise<TakenIn> {
  const { maildrop } = visit.session;
  const ids = batch.mails.map(({ id }) => id);
  const found = ids.filter(id => !fresh.some(mail => mail.id === id));
  const isDeleted = (id: string) => known.get(keyIn(visit)(id))?.value.disposal === 'deleted';
  const kept = found.filter(id => maildrop && isDeleted(id));
  maildrop?.leaveAlone(kept);

  const { worked, written } = await bringInAndRecord(visit, { batch, fresh, known, downloaded, free });
  const recorded = [...found.filter(id => !kept.includes(id)), ...written.recorded];
  const failure = worked.failure ?? written.failure;

  const done = new Set([...recorded, ...written.aside, ...kept]);
  // Without a failure, too: a mail that the server lists and never gives must not be asked for till the end of days.
  const isTheirFault = failure === undefined || traitsOf(failure.code).mailSuspected;
  const left = isTheirFault && !visit.clients.stopping.aborted ? ids.filter(id => !done.has(id)) : [];
  const putOff = worked.putOff.map(({ id }) => id);
  return {
    recorded,
    remember: rememberBatch({ ids, recorded, aside: written.aside, left, putOff }, visit.clock()),
    putOff: worked.putOff,
    failure,
  };
}

/** What nobody foresaw is a failure of these mails, as a death is: else one that makes us stumble would hold its mailbox. */
async function bringInAndRecord(visit: Visit, work: Work): Promise<{ worked: Worked; written: Written }> {
  try {
    const worked = work.fresh.length === 0 ? nothing : await bringIn(visit, work);
    return { worked, written: await writeRecords(visit, worked.writes, work.known) };
  } catch (error) {
    const failure = toMaloteError(error);
    if (failure.code !== 'internal') throw failure;
    visit.log.error('batch-failed', { where: whereOf(error) });
    return {
      worked: { writes: [], putOff: [], failure },
      written: { recorded: [], aside: [], failure: undefined },
    };
  }
}

/** Mails that are to be recorded now, published or set aside, and why the rest is not. */
type Worked = { writes: RecordWrite[]; putOff: Listed[]; failure: MaloteError | undefined };

const nothing: Worked = { writes: [], putOff: [], failure: undefined };

type Work = Pick<Prepared, 'batch' | 'fresh' | 'known'> & {
  downloaded: Downloaded;
  free: Promise<unknown> | undefined;
};

/** Whatever is to be told of the mails, and what is to be recorded of them then. */
async function bringIn(visit: Visit, { batch, fresh, known, downloaded, free }: Work): Promise<Worked> {
  if (batch.care === 'setAside') {
    const usual = 'Three attempts at it alone ended the worker or brought no mail.';
    const reasons = fresh.map(listed => ({ listed, reason: listed.withheld?.reason ?? usual }));
    return { ...nothing, writes: await unreadWrites(visit, reasons, free) };
  }
  const { refused, putOff, failure } = downloaded;
  const mails = await identifyMails(visit, downloaded.downloaded);
  const isMaildrop = visit.session.maildrop !== undefined;
  const safe = isMaildrop ? await storeFirst(visit, mails, known) : { mails, failure: undefined };
  const sent = await publishFresh(visit, safe.mails, () => fence(visit));
  // Before its record: what fails here comes again.
  const bounces = sent.done.map(({ mail }) => mail.classification.bounce);
  await noteBounces(visit.clients, bounces, {
    serviceId: visit.service.id,
    now: visit.clock(),
    log: visit.log,
  });
  const unread = [
    ...fresh.flatMap(listed => (listed.withheld?.isFinal ? [{ listed, ...listed.withheld }] : [])),
    ...refused.map(({ listed, error }) => ({ listed, reason: error.message })),
  ];
  return {
    writes: [
      ...sent.done.map(mail => recordWrite(visit, mail)),
      ...(await unreadWrites(visit, unread, free)),
      ...sent.refused.map(({ mail, error }) => ({ record: recordOf(visit, mail, error.message) })),
    ],
    putOff,
    failure: failure ?? safe.failure ?? sent.failure,
  };
}

/** Mails are set aside with what the server tells of them, for whoever has to look for them there. */
async function unreadWrites(
  visit: Visit,
  mails: { listed: Listed; reason: string }[],
  free: Promise<unknown> | undefined,
): Promise<RecordWrite[]> {
  if (mails.length > 0) await free;
  const writes: RecordWrite[] = [];
  for (const { listed, reason } of mails) {
    const key = keyIn(visit)(listed.id);
    const recordWith = (envelope?: Envelope) => unreadRecord(visit, listed, key, reason, envelope);
    const asked = listed.withheld ? undefined : visit.session.envelope(listed.id);
    // What a mail says of itself must not keep it from being set aside: it may be what we stumble over.
    const record = await Promise.resolve(asked)
      .then(recordWith)
      .catch(() => recordWith());
    writes.push({ record });
  }
  return writes;
}

/** Ids of mails that were recorded, of those set aside, and why others are not in the ledger. */
type Written = { recorded: string[]; aside: string[]; failure: MaloteError | undefined };

/** Writes records, over those of earlier attempts. */
async function writeRecords(visit: Visit, writes: RecordWrite[], known: Known): Promise<Written> {
  const { clients, service, log } = visit;
  const overKnown = writes.map(write => ({ ...write, over: known.get(write.record.id) }));
  const outcomes = await recordMails(clients.database.ledger, service.id, overKnown);
  // A conflict is another worker's record of the same mail: it is in the ledger.
  const isIn = (error: MaloteError | undefined) => error === undefined || error.code === 'conflict';
  const written = writes.map(write => write.record).filter((_, index) => isIn(outcomes[index]));
  for (const { id, state, rawSizeBytes, parse, receivedAt } of written) {
    const lagMs = state === 'published' ? visit.clock().getTime() - Date.parse(receivedAt) : undefined;
    log.info('mail-recorded', { mailKey: id, state, rawSizeBytes, parse, lagMs });
  }
  const isAside = ({ state }: LedgerRecord) => state === 'setAside';
  return {
    recorded: written.filter(record => !isAside(record)).map(({ source }) => source.id),
    aside: written.filter(isAside).map(({ source }) => source.id),
    failure: outcomes.find(error => !isIn(error)),
  };
}

function keyIn({ service, generation }: Visit): (id: string) => MailKey {
  return id => mailKeyOf(service.id, generation, id);
}

/** Whether there is something left to do of a mail besides disposing of it. Of one that was forgotten there is not. */
function isUnfinished(record: LedgerRecord | Tombstone | undefined): boolean {
  return record === undefined || record.state === 'setAside' || record.state === 'stored';
}

/** Mails set aside come again in a day, alone, and nobody looks inside them then. Those left come alone the next time. */
function rememberBatch(
  { ids, recorded, aside, left, putOff }: Record<'ids' | 'recorded' | 'aside' | 'left' | 'putOff', string[]>,
  now: Date,
): MailboxChange {
  const done = new Set([...recorded, ...aside]);
  const retryAt = new Date(now.getTime() + SET_ASIDE_MS).toISOString();
  return mailbox => {
    // A full disk is not the fault of the mail that was alone with it.
    const wasAlone = mailbox.suspects.some(({ id }) => id === left[0]) && putOff.length === 0;
    const { suspects, setAside } = accuse(mailbox, left, wasAlone);
    return {
      ...putDown(mailbox, ids),
      takenIn: sequenceSet([...sequenceMembers(mailbox.takenIn), ...recorded]),
      suspects: [
        ...suspects.filter(({ id }) => !done.has(id)),
        ...aside.map(id => ({ id, deaths: DEATHS_BEFORE_RAW_ONLY })),
      ],
      setAside: [...setAside.filter(({ id }) => !done.has(id)), ...aside.map(id => ({ id, retryAt }))],
    };
  };
}
