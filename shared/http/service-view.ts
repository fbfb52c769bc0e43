// How a service is shown: to administrators without its secrets, to the platform without its mailbox.
import type { ServiceItem } from '../azure/services-store.ts';

/** Everything an administrator wrote, and what follows from it; of the password only that there is one. */
export function administratorView({ service, createdAt, updatedAt }: ServiceItem) {
  const { mailbox } = service;
  return {
    ...service,
    mailbox: { ...mailbox, auth: { ...mailbox.auth, passwordSet: true } },
    createdAt,
    updatedAt,
  };
}

/** What the platform needs to offer the service and to show its mail. */
export function platformView({ service, createdAt, updatedAt }: ServiceItem) {
  const { mailbox: _mailbox, ...rest } = service;
  return { ...rest, createdAt, updatedAt };
}
