// What results and answers are asked of: days in the company's time zone, and services.

import { listServiceIds } from '../../azure/services-store.ts';
import { readSettings } from '../../azure/settings-store.ts';
import type { Clients } from '../../clients.ts';
import { dayIn } from '../../domain/day.ts';
import type { ServiceId } from '../../domain/ids.ts';
import { addDays, type DayPeriod, lengthDays } from '../../domain/survey/days.ts';
import { MaloteError } from '../../errors.ts';

const USUAL_DAYS = 30;
const MOST_DAYS = 366;
/** Each is asked by itself. */
const MOST_SERVICES = 50;

export type ScopeWish = {
  from?: string | undefined;
  to?: string | undefined;
  serviceId?: ServiceId | undefined;
};

/** What is meant by what a caller asks. */
export type Scope = { period: DayPeriod; timeZone: string; services: ServiceId[] };

/**
 * The period and services that are meant: without `to` until today, without `from` the 30 days that end there, without a service
 * all there are. One that was deleted is named by its id.
 * @throws MaloteError `malformed_parameter` for a period that ends before it begins or is longer than 366 days, and where there
 *   are too many services to take them all; `dependency_unavailable`
 */
export async function scopeOf(
  { database: { catalog } }: Pick<Clients, 'database'>,
  { from, to, serviceId }: ScopeWish,
  now: Date,
): Promise<Scope> {
  const { timeZone } = (await readSettings(catalog)).value;
  const last = to ?? dayIn(timeZone, now);
  const period = { from: from ?? addDays(last, 1 - USUAL_DAYS), to: last };
  const days = lengthDays(period);
  if (days < 1) throw refused('from', 'from is after to; give the earlier day first.');
  if (days > MOST_DAYS) {
    throw refused(
      'from',
      `from and to have more than ${MOST_DAYS} days between them; ask for a shorter period.`,
    );
  }
  const services = serviceId === undefined ? await listServiceIds(catalog, MOST_SERVICES + 1) : [serviceId];
  if (services.length > MOST_SERVICES) {
    throw refused(
      'serviceId',
      `serviceId must name a service: there are more than ${MOST_SERVICES}, and the surveys of so many are not read at once.`,
    );
  }
  return { period, timeZone, services };
}

function refused(field: string, message: string): MaloteError {
  return new MaloteError('malformed_parameter', message, { fields: [{ field, message }] });
}
