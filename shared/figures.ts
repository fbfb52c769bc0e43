// What is counted and measured of the facts that the log is told: each figure with the facts that it is made of.
import type { Attributes, Meter } from '@opentelemetry/api';

type Fields = Record<string, string | number | boolean | null | undefined>;

/**
 * `counter` adds up, `histogram` spreads, `gauge` is as it was last told. `of`: for each fact the values, with what they are told
 * apart by: codes and states, and never an id, of which there may be thousands.
 */
type Figure = {
  kind: 'counter' | 'histogram' | 'gauge';
  unit: string;
  of: { [event: string]: (fields: Fields, now: Date) => Value[] };
};
type Value = { value: number; attributes?: Attributes };

const once = (attributes: Attributes = {}): Value[] => [{ value: 1, attributes }];
const amount = (value: unknown, attributes: Attributes = {}): Value[] =>
  typeof value === 'number' ? [{ value, attributes }] : [];
const byCode = ({ code }: Fields) => once({ code: String(code) });
const ageSeconds = (since: unknown, now: Date): Value[] =>
  typeof since === 'string' ? amount(Math.max(0, (now.getTime() - Date.parse(since)) / 1000)) : amount(0);

/** Every figure there is, by its name. */
export const figures: Record<string, Figure> = {
  'malote.ticks': { kind: 'counter', unit: '{tick}', of: { 'mailboxes-polled': () => once() } },
  'malote.fetches': {
    kind: 'counter',
    unit: '{fetch}',
    of: { 'mailbox-fetched': ({ outcome }) => once({ outcome: String(outcome) }) },
  },
  'malote.mails': {
    kind: 'counter',
    unit: '{mail}',
    of: { 'mail-recorded': ({ state }) => once({ state: String(state) }) },
  },
  'malote.mail.bytes': {
    kind: 'counter',
    unit: 'By',
    of: { 'mail-recorded': ({ rawSizeBytes }) => amount(rawSizeBytes) },
  },
  'malote.publish.lag': {
    kind: 'histogram',
    unit: 's',
    of: {
      'mail-recorded': ({ lagMs }) => amount(typeof lagMs === 'number' ? lagMs / 1000 : undefined),
    },
  },
  'malote.failures': {
    kind: 'counter',
    unit: '{failure}',
    of: {
      'mailbox-failed': byCode,
      'slice-failed': byCode,
      'fetch-failed': byCode,
      'disposal-failed': byCode,
      'job-failed': byCode,
      'request-failed': byCode,
      'publish-failed': byCode,
    },
  },
  'malote.throttled': {
    kind: 'counter',
    unit: '{refusal}',
    of: {
      'mailbox-failed': ({ code }) => (code === 'mailbox_throttled' ? once({ by: 'mailbox' }) : []),
      'slice-failed': ({ code }) => (code === 'mailbox_throttled' ? once({ by: 'mailbox' }) : []),
      'requests-throttled': ({ requests }) => amount(requests, { by: 'stores' }),
    },
  },
  'malote.answers': { kind: 'counter', unit: '{answer}', of: { 'survey-answered': () => once() } },
  'malote.unpublished.age': {
    kind: 'gauge',
    unit: 's',
    of: { 'gauges-told': ({ oldestUnpublishedAt }, now) => ageSeconds(oldestUnpublishedAt, now) },
  },
  'malote.held.age': {
    kind: 'gauge',
    unit: 's',
    of: { 'mail-held': ({ oldestHeldAt }, now) => ageSeconds(oldestHeldAt, now) },
  },
  'malote.held': { kind: 'gauge', unit: '{mail}', of: { 'mail-held': ({ count }) => amount(count) } },
  'malote.mailboxes': {
    kind: 'gauge',
    unit: '{mailbox}',
    of: {
      'gauges-told': ({ healthy, failing, inactive }) => [
        ...amount(healthy, { state: 'healthy' }),
        ...amount(failing, { state: 'failing' }),
        ...amount(inactive, { state: 'inactive' }),
      ],
    },
  },
  'malote.mailboxes.notSending': {
    kind: 'gauge',
    unit: '{mailbox}',
    of: { 'gauges-told': ({ notSending }) => amount(notSending) },
  },
};

let tell: ((event: string, fields: Fields) => void) | undefined;

/** From now on figures go to this meter; until then they are counted by nobody. */
export function tellFigures(meter: Meter): void {
  const told = Object.entries(figures).map(([name, { kind, unit, of }]) => {
    if (kind === 'counter') {
      const counter = meter.createCounter(name, { unit });
      return { of, record: ({ value, attributes }: Value) => counter.add(value, attributes) };
    }
    const one = kind === 'gauge' ? meter.createGauge(name, { unit }) : meter.createHistogram(name, { unit });
    return { of, record: ({ value, attributes }: Value) => one.record(value, attributes) };
  });
  tell = (event, fields) => {
    for (const { of, record } of told)
      for (const value of of[event]?.(fields, new Date()) ?? []) record(value);
  };
}

/** Counts a fact, if somebody asks for figures. */
export function countFact(event: string, fields: Fields): void {
  tell?.(event, fields);
}
