// The connection test of a service, before it is saved or after: checked like a change of it, then tried, and nothing kept.
import { findMailbox } from '../../azure/mailbox-store.ts';
import type { Clients } from '../../clients.ts';
import { readServiceId, type ServiceId } from '../../domain/ids.ts';
import { isOfGeneration } from '../../domain/mailbox/generation.ts';
import type { Mailbox } from '../../domain/mailbox/mailbox.ts';
import { sequenceTester } from '../../domain/mailbox/sequence-set.ts';
import { applyMergePatch, type JsonObject } from '../../domain/merge-patch.ts';
import type { ServiceContext } from '../../domain/service/context.ts';
import { readServiceDocument, toDocument } from '../../domain/service/document.ts';
import { withoutRepeated } from '../../domain/service/read-only.ts';
import { type Warning, warningsOf, warningsOfSecrets } from '../../domain/service/warnings.ts';
import type { Log } from '../../log.ts';
import { type ConnectionReport, testConnection } from '../../mailboxes/probe/test-connection.ts';
import { type Candidate, credentialOf, outgoingCredentialOf } from '../login/credential.ts';
import { sealSecrets, unsealSecrets } from '../login/secrets.ts';
import { changeIn, contextOf, getService, withoutConfirm } from './register.ts';

type Request = { clock: () => Date; log: Log };

/** What the test of the connection says, and what else should be mended. */
export type ServiceReport = ConnectionReport & { warnings: Warning[] };

const unsaved = readServiceId('unsaved');

/**
 * Tests a service that is not saved. `createFolder: true` among its members creates a missing destination.
 * @throws MaloteError `invalid` with every fault of the document
 */
export async function probeNewService(
  clients: Clients,
  written: JsonObject,
  request: Request,
): Promise<ServiceReport> {
  const { createFolder, rest } = takeWish(written);
  const document = applyMergePatch({}, withoutRepeated(rest, {}));
  const context = await contextOf(clients, unsaved, document);
  const { service, secrets } = readServiceDocument(unsaved, document, alone(context));
  return probe(clients, { service, secrets, saved: undefined, createFolder, mailbox: undefined }, request);
}

/**
 * Tests a service as it is, or as a merge patch would make it. The stored password goes nowhere but where it is stored for.
 * @throws MaloteError `not_found`, `invalid`, `secret_unreadable`
 */
export async function probeService(
  clients: Clients,
  id: ServiceId,
  patch: JsonObject,
  request: Request,
): Promise<ServiceReport> {
  const before = (await getService(clients, id)).value;
  const { createFolder, rest } = takeWish(withoutConfirm(patch));
  const document = applyMergePatch(toDocument(before.service), changeIn(rest, before));
  const context = await contextOf(clients, id, document, { before, patch });
  const { service, secrets: given } = readServiceDocument(id, document, alone(context));
  const secrets = unsealSecrets(
    clients,
    id,
    sealSecrets(clients, id, service.mailbox, given, before.secrets),
  );
  const mailbox = (await findMailbox(clients, id))?.value;
  const saved = before.service;
  return probe(clients, { service, secrets, saved, createFolder, mailbox }, request);
}

/** Names and mailboxes that others hold do not keep a connection from being tested. */
function alone(context: ServiceContext): ServiceContext {
  return { ...context, nameHeldBy: undefined, loginHeldBy: undefined };
}

/** The wish and the document without it. A wish that is neither true nor false stays, to be refused with the rest. */
function takeWish(written: JsonObject): { createFolder: boolean; rest: JsonObject } {
  const { createFolder = false, ...rest } = written;
  if (createFolder === null || typeof createFolder === 'boolean') {
    return { createFolder: createFolder === true, rest };
  }
  return { createFolder: false, rest: written };
}

type Tested = Candidate & { createFolder: boolean; mailbox: Mailbox | undefined };

async function probe(
  clients: Clients,
  { createFolder, mailbox, ...candidate }: Tested,
  { clock, log }: Request,
): Promise<ServiceReport> {
  const { config } = clients;
  const { service, secrets } = candidate;
  const outgoing = outgoingCredentialOf(clients, candidate, clock);
  const report = await testConnection({
    mailbox: service.mailbox,
    credential: credentialOf(clients, candidate, clock),
    ...(outgoing ? { outgoing } : {}),
    allowances: { ...config.mail, graphUrl: config.microsoft.graphUrl },
    readFrom: new Date(service.readFromAt),
    clock,
    createFolder,
    finishedIn: (generation, formerly) =>
      mailbox && isOfGeneration(mailbox, { generation, formerly })
        ? sequenceTester(mailbox.takenIn)
        : () => false,
  });
  const { step, code } = report.steps.find(({ outcome }) => outcome === 'failed') ?? {};
  const created = report.steps.some(({ detail }) => detail?.created === true);
  log.info('connection-tested', { serviceId: service.id, ok: report.ok, step, code, created });
  return { ...report, warnings: [...warningsOf(service, clock()), ...warningsOfSecrets(secrets)] };
}
