// A batch of mails on its way in: recorded already? - download - raw - parse - attachments - publish - record.
// Requests are made for many at once, success is judged mail by mail, and in doubt a mail is not done.
import { findRecords, type RecordWrite, recordMails } from '../azure/ledger.ts';
import type { LedgerRecord } from '../domain/ledger-record.ts';
import { mailKeyOf } from '../domain/mail-key.ts';
import { accuse, DEATHS_BEFORE_RAW_ONLY } from '../domain/mailbox.ts';
import { sequenceMembers, sequenceSet } from '../domain/uid-ranges.ts';
import type { ErrorCode, MaloteError } from '../errors.ts';
import type { Listed } from '../mailboxes/reader.ts';
import { downloadMails } from './download.ts';
import { identifyMails } from './identify.ts';
import type { Batch } from './plan.ts';
import { publishFresh } from './publish.ts';
import { recordOf, recordWrite, unreadRecord } from './records.ts';
import { storeFirst } from './store-first.ts';
import { type Change, fence, type Visit } from './visit.ts';

const SET_ASIDE_MS = 86_400_000;

/** Failures that a mail itself may be the reason of: what they leave undone comes again alone, after all others. */
const SUSPICIOUS = new Set<ErrorCode>([
  'connection_lost',
  'mailbox_timeout',
  'protocol_violation',
  'refused_by_store',
  'too_large',
  'internal',
]);

/** What became of a batch. */
export type TakenIn = {
  /** Ids of mails that are in the ledger, to be disposed of. */
  recorded: string[];
  /** What the mailbox's record has to remember of it, written with the next fence. */
  remember: Change;
  /** Why some are not in the ledger, when they are to be tried again. */
  failure: MaloteError | undefined;
};

/**
 * Takes a batch in. Its mails are in flight from the first write on, so that whoever comes after a crash knows what a
 * worker had in its hands.
 * @throws MaloteError `lease_lost`, `dependency_unavailable`
 */
export async function takeIn(visit: Visit, batch: Batch): Promise<TakenIn> {
  const { ledger } = visit.clients.database;
  const { maildrop } = visit.session;
  const ids = batch.mails.map(({ id }) => id);
  await visit.lease.update(mailbox => ({ ...mailbox, inFlight: ids }));

  const keyOf = ({ id }: Listed) => mailKeyOf(visit.service.id, visit.generation, id);
  const known = await findRecords(ledger, visit.service.id, batch.mails.map(keyOf));
  const isRecorded = (mail: Listed) => !isUnfinished(known.get(keyOf(mail))?.value);
  const fresh = batch.mails.filter(mail => !isRecorded(mail));
  const found = batch.mails.filter(isRecorded);
  const kept = found.filter(mail => maildrop && known.get(keyOf(mail))?.value.disposal === 'deleted');
  maildrop?.leaveAlone(kept.map(({ id }) => id));
  const recorded = found.filter(mail => !kept.includes(mail)).map(({ id }) => id);

  const aside: RecordWrite[] = [];
  const failures: (MaloteError | undefined)[] = [];
  const writes: RecordWrite[] = [];
  if (batch.care === 'setAside') {
    aside.push(
      ...fresh.map(mail => ({
        record: unreadRecord(
          visit,
          mail,
          keyOf(mail),
          'Three attempts at it alone ended the worker or brought no mail.',
        ),
      })),
    );
  } else if (fresh.length > 0) {
    const { downloaded, refused, failure } = await downloadMails(visit, fresh, batch);
    aside.push(
      ...refused.map(({ listed, error }) => ({
        record: unreadRecord(visit, listed, keyOf(listed), error.message),
      })),
    );
    const mails = await identifyMails(visit, downloaded);
    const safe = maildrop ? await storeFirst(visit, mails, known) : { mails, failure: undefined };
    const sent = await publishFresh(visit, safe.mails, () => fence(visit));
    aside.push(
      ...sent.refused.map(({ mail, error }) => ({
        record: recordOf(visit, mail, error.message),
      })),
    );
    failures.push(failure, safe.failure, sent.failure);
    writes.push(...sent.done.map(mail => recordWrite(visit, mail)));
  }

  const withEtag = (write: RecordWrite): RecordWrite => ({
    ...write,
    etag: known.get(write.record.id)?.etag,
  });
  const all = [...writes, ...aside].map(withEtag);
  const outcomes = await recordMails(ledger, visit.service.id, all);
  const asideIds: string[] = [];
  for (const [index, { record }] of all.entries()) {
    const error = outcomes[index];
    // A conflict is another worker's record of the same mail: it is in the ledger.
    if (error === undefined || error.code === 'conflict') {
      (record.state === 'setAside' ? asideIds : recorded).push(record.source.id);
    } else failures.push(error);
  }
  const failure = failures.find(failure => failure !== undefined);
  const done = new Set([...recorded, ...asideIds, ...kept.map(({ id }) => id)]);
  // Without a failure, too: a mail that the server lists and never gives must not be asked for till the end of days.
  const isSuspicious = failure === undefined || SUSPICIOUS.has(failure.code);
  const left = isSuspicious && !visit.clients.stopping.aborted ? ids.filter(id => !done.has(id)) : [];
  logTakenIn(
    visit,
    all.map(({ record }) => record),
  );
  return {
    recorded,
    remember: rememberBatch({ recorded, aside: asideIds, left }, visit.clock()),
    failure,
  };
}

/** Whether there is something left to do of a mail besides disposing of it. */
function isUnfinished(record: LedgerRecord | undefined): boolean {
  return record === undefined || record.state === 'setAside' || record.state === 'stored';
}

/** Mails set aside come again in a day, alone, and nobody looks inside them then. Those left come alone the next time. */
function rememberBatch(
  { recorded, aside, left }: Record<'recorded' | 'aside' | 'left', string[]>,
  now: Date,
): Change {
  const done = new Set([...recorded, ...aside]);
  const retryAt = new Date(now.getTime() + SET_ASIDE_MS).toISOString();
  return mailbox => {
    const wasAlone = mailbox.suspects.some(({ id }) => id === left[0]);
    const { suspects, setAside } = accuse(mailbox, left, wasAlone);
    return {
      ...mailbox,
      inFlight: [],
      takenIn: sequenceSet([...sequenceMembers(mailbox.takenIn), ...recorded]),
      suspects: [
        ...suspects.filter(({ id }) => !done.has(id)),
        ...aside.map(id => ({ id, deaths: DEATHS_BEFORE_RAW_ONLY })),
      ],
      setAside: [...setAside.filter(({ id }) => !done.has(id)), ...aside.map(id => ({ id, retryAt }))],
    };
  };
}

function logTakenIn({ log }: Visit, records: LedgerRecord[]): void {
  for (const { id, state, rawSizeBytes, parse } of records) {
    log.info('mail-recorded', { mailKey: id, state, rawSizeBytes, parse });
  }
}
