// The groups that may serve a mail, as an event tells them: their names, and whether somebody is there.
import type { EventGroup } from '../../../schemas/events.d.ts';
import type { Group } from '../group.ts';
import { hoursAt } from '../schedule/hours.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { ServiceGroup } from '../service/service.ts';

/** The rows of a service as they are at an instant. Without a schedule a group is always open. */
export function eventGroups(
  rows: readonly ServiceGroup[],
  groups: ReadonlyMap<string, Group>,
  schedules: ReadonlyMap<string, Schedule>,
  now: Date,
): EventGroup[] {
  return rows.map(({ groupId, scheduleId }) => {
    const schedule = scheduleId === null ? undefined : schedules.get(scheduleId);
    const { open, changesAt } = schedule ? hoursAt(schedule, now) : { open: true, changesAt: null };
    return { groupId, name: groups.get(groupId)?.name ?? groupId, scheduleId, open, changesAt };
  });
}
