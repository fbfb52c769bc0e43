// How a service is shown: to administrators without its secrets, to everybody else without its mailbox.
import type { ServiceItem } from '../azure/services-store.ts';
import type { JsonObject } from '../domain/merge-patch.ts';
import { readOnlyMembers } from '../domain/service/read-only.ts';
import { secretsOfMailbox, secretsWritten } from '../domain/service/secret-rules.ts';
import { warningsOf, warningsOfSecrets } from '../domain/service/warnings.ts';

/**
 * Everything an administrator wrote, and what follows from it; of the secrets only which there are.
 * @param written what came with the request, to warn of a secret that looks wrong
 */
export function administratorView(
  { service, secrets, createdAt, updatedAt }: ServiceItem,
  now: Date,
  written: JsonObject = {},
) {
  const { mailbox } = service;
  const secretNames = new Set(secretsOfMailbox(mailbox).filter(name => secrets[name] !== undefined));
  const { mailbox: readOnly, ...others } = readOnlyMembers({ service, createdAt, updatedAt, secretNames });
  return {
    ...service,
    mailbox: {
      ...mailbox,
      auth: { ...mailbox.auth, ...readOnly.auth },
      ...(mailbox.protocol !== 'graph' && mailbox.outgoing
        ? { outgoing: { ...mailbox.outgoing, ...readOnly.outgoing } }
        : {}),
    },
    ...others,
    warnings: [...warningsOf(service, now), ...warningsOfSecrets(secretsWritten(written))],
  };
}

/** What the platform and supervisors need to offer the service and to show its mail. */
export function outsideView({ service, createdAt, updatedAt }: ServiceItem) {
  const { mailbox: _mailbox, ...rest } = service;
  return { ...rest, createdAt, updatedAt };
}
