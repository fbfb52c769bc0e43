// A person is forgotten: all mails that name an address, in all services, those of deleted ones and those that wait too; and
// all surveys that asked it.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { keysOfAddress, listOfAddress } from '../../azure/addressed.ts';
import type { Stored } from '../../azure/cosmos.ts';
import {
  createErasure,
  type Erasure,
  findErasure,
  listErasing,
  writeErasure,
} from '../../azure/erasures-store.ts';
import { idsOfInvitations, listInvitationsOf, removeAsked } from '../../azure/forgotten-surveys.ts';
import { namesOfServicesAt } from '../../azure/services-store.ts';
import { type Clients, tracked } from '../../clients.ts';
import { type Actor, auditEntry } from '../../domain/audit.ts';
import type { MailKey } from '../../domain/ids.ts';
import { normalAddress } from '../../domain/mail/addresses.ts';
import { refusal } from '../../domain/refusal.ts';
import type { Invitation, InvitationId } from '../../domain/survey/invitation.ts';
import { MaloteError, toMaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { addressHash, type Sealed, seal, unseal } from '../../secrets.ts';
import { deliverSoon } from '../services/outbox.ts';
import { surveyAddressHash } from '../surveys/address-hash.ts';
import { areAddressesHashed, fillAddressHashes } from './fill-hashes.ts';
import { forgetMails } from './forget.ts';
import { forgetInvitations } from './forget-surveys.ts';

// The keys and ids of what is found are written into the order before anything is erased, so that its report lacks none. An order is done
// when nothing is found any more and every record of the ledger says who is named in it; then the address goes, too.

/** As many mails are erased by one order, and as many surveys: its report is one item of the database. */
const MOST_ERASED = 10_000;
/** Far below what a function may take. */
const WORK_FOR_MS = 60_000;
/** How long a caller waits for an order to be carried out; most are by then. */
const PATIENCE_MS = 3_000;

const UUID = /^[0-9a-f-]{36}$/;

type Context = { clock: () => Date; log: Log };

/** What an order would erase; `isComplete` says whether all mails can be found, or some of older versions not yet. */
export type Found = {
  mailKeys: MailKey[];
  invitationIds: InvitationId[];
  isMore: boolean;
  isComplete: boolean;
};

/** @throws MaloteError `invalid` for an address of ours, to which all mail is written; `dependency_unavailable` */
export async function findToErase(clients: Clients, address: string, now: Date): Promise<Found> {
  await refuseOurs(clients, address);
  const { ledger, surveys } = clients.database;
  const most = MOST_ERASED + 1;
  const found = await keysOfAddress(ledger, hashesOf(clients, address), most);
  const asked = await idsOfInvitations(surveys, await surveyAddressHash(clients, address), most);
  return {
    mailKeys: found.slice(0, MOST_ERASED),
    invitationIds: asked.slice(0, MOST_ERASED),
    isMore: found.length > MOST_ERASED || asked.length > MOST_ERASED,
    isComplete: await areAddressesHashed(clients, now),
  };
}

/**
 * Orders that a person is forgotten, and begins with it. Who ordered it is in the trail, whom is not.
 * @throws MaloteError `invalid` for an address of ours, `dependency_unavailable`
 */
export async function orderErasure(
  clients: Clients,
  address: string,
  { actor, now, ...context }: Context & { actor: Actor; now: Date },
): Promise<Erasure> {
  await refuseOurs(clients, address);
  const { catalog } = clients.database;
  const id = randomUUID();
  const erasure: Erasure = {
    id,
    state: 'running',
    requestedAt: now.toISOString(),
    address: seal(clients.config.secretKeys, normalAddress(address), contextOf(id)),
    mailKeys: [],
    invitationIds: [],
  };
  const audit = auditEntry(
    { id: randomUUID(), who: actor, action: 'created', kind: 'erasure', target: id, changes: [] },
    now,
  );
  const pending = { audit, event: null };
  const etag = await createErasure(catalog, erasure, pending);
  await deliverSoon(clients, pending, context.log);
  const work = tracked(() => carryOn(clients, { value: erasure, etag }, context));
  await Promise.race([work, sleep(PATIENCE_MS, undefined, { ref: false })]);
  return (await findErasure(catalog, id))?.value ?? erasure;
}

/** An order and how far it is. @throws MaloteError `not_found` */
export async function getErasure({ database }: Clients, id: string): Promise<Erasure> {
  const found = UUID.test(id) ? await findErasure(database.catalog, id) : undefined;
  if (!found) throw new MaloteError('not_found', `There is no erasure "${id.slice(0, 40)}".`);
  return found.value;
}

/**
 * Goes on with what was ordered, and completes records that could not be searched yet. To be called regularly.
 * @throws MaloteError `dependency_unavailable`
 */
export async function carryOnErasures(clients: Clients, context: Context): Promise<void> {
  await fillAddressHashes(clients, context);
  for (const erasure of await listErasing(clients.database.catalog)) await carryOn(clients, erasure, context);
}

/** Goes on with one order for a minute at most. Never throws: what fails is left to the next time. */
async function carryOn(clients: Clients, erasure: Stored<Erasure>, context: Context): Promise<void> {
  try {
    await erase(clients, erasure, context);
  } catch (error) {
    context.log.warn('erasure-unfinished', { id: erasure.value.id, code: toMaloteError(error).code });
  }
}

async function erase(clients: Clients, { value, etag }: Stored<Erasure>, context: Context): Promise<void> {
  const { catalog, ledger } = clients.database;
  const { address: sealed, ...rest } = value;
  if (sealed === undefined) return;
  const end = async (
    ended: Pick<Erasure, 'state' | 'mailKeys' | 'invitationIds'>,
    isMore: boolean,
    under: string,
  ) => {
    const more = isMore ? ({ isMore } as const) : {};
    const done = { ...rest, ...ended, finishedAt: context.clock().toISOString(), ...more };
    if ((await writeErasure(catalog, done, under)) === undefined) return;
    const { state, mailKeys, invitationIds = [] } = ended;
    const counts = { mails: mailKeys.length, invitations: invitationIds.length };
    context.log.info('erasure-ended', { id: value.id, state, ...counts });
  };
  const address = addressIn(clients, value.id, sealed);
  const { mailKeys, invitationIds = [] } = value;
  if (address === undefined) return end({ state: 'failed', mailKeys, invitationIds }, false, etag);
  const hashes = hashesOf(clients, address);
  const askedHash = await surveyAddressHash(clients, address);
  const until = context.clock().getTime() + WORK_FOR_MS;
  const keys = new Set(mailKeys);
  const ids = new Set(invitationIds);
  let under = etag;
  while (context.clock().getTime() < until) {
    const all = await listOfAddress(ledger, hashes);
    const found = keys.size >= MOST_ERASED ? all.filter(({ value: { id } }) => keys.has(id)) : all;
    const surveys = await someInvitations(clients, askedHash, ids);
    if (found.length === 0 && surveys.found.length === 0) {
      const isFull = keys.size >= MOST_ERASED;
      if (!isFull && !(await areAddressesHashed(clients, context.clock()))) return;
      await removeAsked(clients.database.surveys, askedHash);
      const isMore = all.length > 0 || surveys.isMore;
      return end({ state: 'done', mailKeys: [...keys], invitationIds: [...ids] }, isMore, under);
    }
    for (const { value: mail } of found) keys.add(mail.id);
    for (const { value: invitation } of surveys.found) ids.add(invitation.invitationId);
    const reported = { ...value, mailKeys: [...keys], invitationIds: [...ids] };
    const written = await writeErasure(catalog, reported, under);
    // Somebody else is at it; or all of them were changed at that moment, and come again.
    if (written === undefined) return;
    under = written;
    const gone = [
      ...(await forgetMails(clients, found, context)),
      ...(await forgetInvitations(clients, surveys.found, context.clock())),
    ];
    if (gone.length === 0) return;
  }
}

/** A hundred or so invitations that asked somebody; where the report is full, those in it alone, and whether there are others. */
async function someInvitations(
  { database: { surveys } }: Clients,
  addressHash: string,
  ids: ReadonlySet<InvitationId>,
): Promise<{ found: Stored<Invitation>[]; isMore: boolean }> {
  const found: Stored<Invitation>[] = [];
  let isMore = false;
  for await (const page of listInvitationsOf(surveys, addressHash)) {
    const wanted = ids.size >= MOST_ERASED ? page.filter(({ value }) => ids.has(value.invitationId)) : page;
    isMore ||= wanted.length < page.length;
    found.push(...wanted);
    if (found.length > 0) break;
  }
  return { found, isMore };
}

/** The address to look for; undefined when its key is gone. */
function addressIn({ config }: Clients, id: string, sealed: Sealed): string | undefined {
  try {
    return unseal(config.secretKeys, sealed, contextOf(id));
  } catch (error) {
    if (toMaloteError(error).code !== 'secret_unreadable') throw error;
    return undefined;
  }
}

function hashesOf({ config }: Clients, address: string): string[] {
  const normal = normalAddress(address);
  return config.secretKeys.map(key => addressHash(key, normal));
}

async function refuseOurs({ database }: Clients, address: string): Promise<void> {
  const [name] = await namesOfServicesAt(database.catalog, normalAddress(address));
  if (name === undefined) return;
  const message = `address is that of the service "${name}", which all its mail names; give the address of a correspondent.`;
  throw refusal('invalid', [{ field: 'address', message }]);
}

function contextOf(id: string): string {
  return `erasures/${id}/address`;
}
