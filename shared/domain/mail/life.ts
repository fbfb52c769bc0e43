// The life of a mail, told from its record: what became of it, when, and by whom.
import type { Disposal, LedgerRecord, MailOrder } from './ledger-record.ts';

type What =
  | 'stored'
  | 'setAside'
  | 'reappeared'
  | 'held'
  | 'published'
  | MailOrder['action']
  | Exclude<Disposal, 'pending'>;

/** One thing that became of a mail. */
export type LifeStep = {
  what: What;
  /** RFC 3339 in UTC. */
  at: string;
  /** Who ordered it. */
  by?: string;
  /** Of a replay: the number of its delivery; absent where the mail was held instead. */
  number?: number;
  /** In the words of who ordered it, or why it was set aside or could not be replayed. */
  reason?: string;
};

/** The whole life, in the order of time; to the platform (`outside`) without why a mail was set aside. */
export function lifeOf(record: LedgerRecord, to: 'inside' | 'outside'): LifeStep[] {
  const { state, disposal, recordedAt, storedAt, heldAt, publishedAt, disposedAt, rawSha256 } = record;
  const { overridden, decision, discard, replays = [] } = record;
  const step = (what: What, at: string | undefined): LifeStep[] => (at === undefined ? [] : [{ what, at }]);
  const reason = to === 'inside' && record.reason !== undefined ? { reason: record.reason } : {};
  return [
    ...step('stored', rawSha256 === null ? undefined : (storedAt ?? recordedAt)),
    ...(state === 'setAside' ? [{ what: state, at: recordedAt, ...reason }] : []),
    ...(state === 'reappeared' ? step(state, recordedAt) : []),
    ...step('held', heldAt ?? (decision && recordedAt)),
    ...(overridden ? [orderStep(overridden)] : []),
    ...(decision ? [orderStep(decision)] : []),
    ...step('published', publishedAt ?? (state === 'published' ? recordedAt : undefined)),
    ...replays.map(replay => ({ ...orderStep(replay), ...replayed(replay, to) })),
    ...(disposal === 'pending' ? [] : step(disposal, disposedAt)),
    ...(discard ? [orderStep(discard)] : []),
  ].toSorted((one, other) => (one.at === other.at ? 0 : one.at < other.at ? -1 : 1));
}

/** Who ordered something: the agent that the platform names, else who had the token. */
export function nameOf({ who, agentId }: Pick<MailOrder, 'who' | 'agentId'>): string {
  return agentId ?? (who.name || who.oid);
}

function replayed({ number, failed }: MailOrder, to: 'inside' | 'outside') {
  return {
    ...(number === undefined ? {} : { number }),
    ...(failed === undefined || to === 'outside' ? {} : { reason: failed }),
  };
}

function orderStep(order: MailOrder): LifeStep {
  const { action, at, reason } = order;
  return { what: action, at, by: nameOf(order), ...(reason === null ? {} : { reason }) };
}
