// What events say of a service's surroundings: settings, its groups with their hours, its form, all our own addresses.
import type { Container } from '@azure/cosmos';
import { findReferences } from '../../azure/references-store.ts';
import type { Clients } from '../../clients.ts';
import type { Form } from '../../domain/form/form.ts';
import type { Group } from '../../domain/group.ts';
import type { ReferenceKind, References } from '../../domain/reference.ts';
import type { Schedule } from '../../domain/schedule/schedule.ts';
import type { Service } from '../../domain/service/service.ts';
import type { Settings } from '../../domain/settings.ts';

export type Surroundings = {
  settings: Settings;
  /** The service's groups and their schedules, by id. */
  groups: Map<string, Group>;
  schedules: Map<string, Schedule>;
  /** What is filled in of mails that open a conversation. */
  form: Form | undefined;
  /** Addresses of all our services: mail from them goes round in circles. */
  ownAddresses: string[];
};

/**
 * The surroundings of a service, as they were at most a minute ago (`azure/directory.ts`). That late an event has a new base
 * address, a group's new name or a schedule's new hours, and mail of a service that was just added is known for our own. The
 * service itself, its own address and what was made for it are always as they are now.
 */
export async function readSurroundings(
  { database: { catalog }, readDirectory }: Pick<Clients, 'database' | 'readDirectory'>,
  service: Service,
  now: Date,
): Promise<Surroundings> {
  const { settings, groups, schedules, forms, addresses } = await readDirectory(now);
  const groupIds = service.groups.map(({ groupId }) => groupId);
  const scheduleIds = service.groups.flatMap(({ scheduleId }) => scheduleId ?? []);
  const { formId } = service;
  return {
    settings,
    groups: await withAdded(catalog, 'group', groups, groupIds),
    schedules: await withAdded(catalog, 'schedule', schedules, scheduleIds),
    form: formId === null ? undefined : (await withAdded(catalog, 'form', forms, [formId])).get(formId),
    ownAddresses: [...new Set([...addresses, service.mailbox.address])],
  };
}

/** Those with these ids; what the directory does not know yet was just made. */
async function withAdded<K extends ReferenceKind>(
  catalog: Container,
  kind: K,
  known: Map<string, References[K]>,
  ids: string[],
): Promise<Map<string, References[K]>> {
  const missing = ids.filter(id => !known.has(id));
  return missing.length === 0
    ? known
    : new Map([...known, ...(await findReferences(catalog, kind, missing))]);
}
