// Where the audit trail lives: the container `audit`, one partition a month, only ever added to.
import type { Container } from '@azure/cosmos';
import type { AuditEntry } from '../domain/audit.ts';
import { findByInstant, type Place } from './by-instant.ts';
import { type Condition, queryPartition, request, toStored } from './cosmos.ts';

/** Adds an entry; adding the same one again changes nothing. */
export async function addToTrail(audit: Container, entry: AuditEntry): Promise<void> {
  await request('add to the audit trail', () => audit.items.create(entry)).catch(error => {
    if (error.code !== 'conflict') throw error;
  });
}

/** What is looked for in the trail; an entry that is found has all of it. Instants are RFC 3339 in UTC, with milliseconds. */
export type TrailFilter = {
  from: string;
  to: string;
  /** Object id or name of who acted. */
  actor?: string | undefined;
  kind?: AuditEntry['kind'] | undefined;
  /** Id of what was changed. */
  target?: string | undefined;
};

/**
 * The first `limit` entries that a filter finds after a place, newest first. Month after month is asked, each a partition, until
 * there are enough: 2.8 RU for a month, and 0.3 for each entry.
 */
export async function searchTrail(
  audit: Container,
  filter: TrailFilter,
  { limit, after }: { limit: number; after: Place | undefined },
): Promise<AuditEntry[]> {
  const found: AuditEntry[] = [];
  const end = after && after.at < filter.to ? after.at : filter.to;
  for (const month of monthsBackFrom(end, filter.from)) {
    const left = limit - found.length;
    if (left <= 0) break;
    const run = (condition: Condition, select: string) => queryMonth(audit, month, condition, select);
    const range = { limit: left, after, order: 'newestFirst' } as const;
    found.push(...(await findByInstant(run, conditionOf(filter), { instant: 'at', select: '*' }, range)));
  }
  return found;
}

/** Months as partitions call them, the latest first. */
function monthsBackFrom(end: string, begin: string): string[] {
  const months: string[] = [];
  const date = new Date(`${end.slice(0, 7)}-01T00:00:00Z`);
  while (date.toISOString().slice(0, 7) >= begin.slice(0, 7)) {
    months.push(date.toISOString().slice(0, 7));
    date.setUTCMonth(date.getUTCMonth() - 1);
  }
  return months;
}

function conditionOf({ from, to, actor, kind, target }: TrailFilter): Condition {
  const conditions = [
    'c.at >= @from AND c.at < @to',
    ...(actor === undefined ? [] : ['(c.who.oid = @actor OR c.who.name = @actor)']),
    ...(kind === undefined ? [] : ['c.kind = @kind']),
    ...(target === undefined ? [] : ['c.target = @target']),
  ];
  return {
    text: conditions.join(' AND '),
    parameters: {
      '@from': from,
      '@to': to,
      ...(actor === undefined ? {} : { '@actor': actor }),
      ...(kind === undefined ? {} : { '@kind': kind }),
      ...(target === undefined ? {} : { '@target': target }),
    },
  };
}

async function queryMonth(
  audit: Container,
  month: string,
  { text, parameters }: Condition,
  select: string,
): Promise<AuditEntry[]> {
  const resources = await queryPartition<AuditEntry>(audit, 'search the audit trail', month, {
    text: `${select} FROM c WHERE c.month = @month AND ${text}`,
    parameters: { '@month': month, ...parameters },
  });
  return resources.map(entry => toStored<AuditEntry>(entry).value);
}
