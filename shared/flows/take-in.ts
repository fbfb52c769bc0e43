// A batch of mails on its way in: recorded already? - download - raw - parse - attachments - publish - record.
// Requests are made for many at once, success is judged mail by mail, and in doubt a mail is not done.
import { findRecords, type RecordWrite, recordMails } from '../azure/ledger.ts';
import { conversationId, type LedgerRecord, type MailState, sha256Hex } from '../domain/ledger-record.ts';
import type { MailKey } from '../domain/mail.ts';
import { mailKeyOf } from '../domain/mail-key.ts';
import { accuse, DEATHS_BEFORE_RAW_ONLY } from '../domain/mailbox.ts';
import { sequenceMembers, sequenceSet } from '../domain/uid-ranges.ts';
import type { ErrorCode, MaloteError } from '../errors.ts';
import type { Listed } from '../mailboxes/reader.ts';
import { downloadMails } from './download.ts';
import { type Identified, identifyMails } from './identify.ts';
import type { Batch } from './plan.ts';
import { publishMails } from './publish.ts';
import type { Change, Visit } from './visit.ts';

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
  const ids = batch.mails.map(({ id }) => id);
  await visit.lease.update(mailbox => ({ ...mailbox, inFlight: ids }));

  const keyOf = ({ id }: Listed) => mailKeyOf(visit.service.id, visit.session.generation, id);
  const known = await findRecords(ledger, visit.service.id, batch.mails.map(keyOf));
  const isRecorded = (mail: Listed) => (known.get(keyOf(mail))?.value.state ?? 'setAside') !== 'setAside';
  const recorded = batch.mails.filter(isRecorded).map(({ id }) => id);
  const fresh = batch.mails.filter(mail => !isRecorded(mail));

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
    const sent = await publishFresh(visit, mails);
    aside.push(
      ...sent.refused.map(({ mail, error }) => ({
        record: recordOf(visit, mail, error.message),
      })),
    );
    failures.push(failure, sent.failure);
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
  const done = new Set([...recorded, ...asideIds]);
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

/** Publishes what is new; what reappeared is done without. A mail that is the same as one not published waits with it. */
async function publishFresh(visit: Visit, mails: Identified[]) {
  const fresh = mails.filter(({ sameAs }) => sameAs === undefined);
  const { published, refused, failure } = await publishMails(visit, fresh);
  const unpublished = new Set(fresh.filter(mail => !published.includes(mail)).map(({ key }) => key));
  const reappeared = mails.filter(({ sameAs }) => sameAs !== undefined && !unpublished.has(sameAs));
  return { done: [...published, ...reappeared], refused, failure };
}

function recordWrite(visit: Visit, mail: Identified): RecordWrite {
  const { key, first } = mail.conversation;
  return {
    record: recordOf(visit, mail),
    conversation:
      first && !mail.sameAs
        ? {
            id: conversationId(key),
            serviceId: visit.service.id,
            kind: 'conversation',
            key,
            openedBy: mail.key,
          }
        : undefined,
  };
}

/** The record of a mail that was read; with a `reason` it is set aside. */
function recordOf(
  visit: Visit,
  { key, listed, mail, rawSizeBytes, rawSha256, sameAs, conversation }: Identified,
  reason?: string,
): LedgerRecord {
  const { headers, classification } = mail;
  const state = stateOf(visit, sameAs, reason);
  return {
    ...unreadRecord(visit, listed, key, reason),
    state,
    ...(state === 'held' ? { heldAt: visit.clock().toISOString() } : {}),
    ...(sameAs ? { sameAs } : {}),
    rawSizeBytes,
    rawSha256,
    messageIdSha256: headers.messageId === null ? null : sha256Hex(headers.messageId),
    conversationKey: conversation.key,
    // A cut may fall into a pair of surrogates, and half of one is no text to a database.
    from: (headers.from.find(({ address }) => address)?.address ?? '').slice(0, 254).toWellFormed(),
    subject: headers.subject.slice(0, 200).toWellFormed(),
    attachments: mail.attachments.length,
    automatic: classification.automatic,
    bounce: classification.bounce !== null,
    loop: classification.loop,
    parse: mail.parse.status,
  };
}

function stateOf({ service }: Visit, sameAs: MailKey | undefined, reason: string | undefined): MailState {
  if (reason !== undefined) return 'setAside';
  if (sameAs !== undefined) return 'reappeared';
  return service.approvalRequired ? 'held' : 'published';
}

/** The record of a mail that was not read, set aside for `reason`. */
function unreadRecord(
  visit: Visit,
  { id, receivedAt, sizeBytes }: Listed,
  key: MailKey,
  reason?: string,
): LedgerRecord {
  return {
    id: key,
    serviceId: visit.service.id,
    kind: 'mail',
    state: 'setAside',
    disposal: 'pending',
    source: { generation: visit.session.generation, id },
    receivedAt: receivedAt.toISOString(),
    recordedAt: visit.clock().toISOString(),
    ...(reason === undefined ? {} : { reason }),
    rawSizeBytes: sizeBytes,
    rawSha256: null,
    messageIdSha256: null,
    conversationKey: null,
    from: '',
    subject: '',
    attachments: 0,
    automatic: false,
    bounce: false,
    loop: false,
    parse: 'failed',
  };
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
