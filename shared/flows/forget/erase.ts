// A person is forgotten: all mails that name an address, in all services, those of deleted ones and those that wait too.
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
import { namesOfServicesAt } from '../../azure/services-store.ts';
import { type Clients, tracked } from '../../clients.ts';
import { type Actor, auditEntry } from '../../domain/audit.ts';
import type { MailKey } from '../../domain/ids.ts';
import { normalAddress } from '../../domain/mail/addresses.ts';
import { refusal } from '../../domain/refusal.ts';
import { MaloteError, toMaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { addressHash, type Sealed, seal, unseal } from '../../secrets.ts';
import { deliverSoon } from '../services/outbox.ts';
import { areAddressesHashed, fillAddressHashes } from './fill-hashes.ts';
import { forgetMails } from './forget.ts';

// The keys of what is found are written into the order before anything is erased, so that its report lacks none. An order is done
// when nothing is found any more and every record of the ledger says who is named in it; then the address goes, too.

/** As many mails are erased by one order: its report is one item of the database. */
const MOST_ERASED = 10_000;
/** Far below what a function may take. */
const WORK_FOR_MS = 60_000;
/** How long a caller waits for an order to be carried out; most are by then. */
const PATIENCE_MS = 3_000;

const UUID = /^[0-9a-f-]{36}$/;

type Context = { clock: () => Date; log: Log };

/** What an order would erase; `isComplete` says whether all mails can be found, or some of older versions not yet. */
export type Found = { mailKeys: MailKey[]; isMore: boolean; isComplete: boolean };

/** @throws MaloteError `invalid` for an address of ours, to which all mail is written; `dependency_unavailable` */
export async function findToErase(clients: Clients, address: string, now: Date): Promise<Found> {
  await refuseOurs(clients, address);
  const { ledger } = clients.database;
  const found = await keysOfAddress(ledger, hashesOf(clients, address), MOST_ERASED + 1);
  return {
    mailKeys: found.slice(0, MOST_ERASED),
    isMore: found.length > MOST_ERASED,
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
  const end = async (state: 'done' | 'failed', mailKeys: MailKey[], isMore: boolean, under: string) => {
    const more = isMore ? ({ isMore } as const) : {};
    const ended = { ...rest, state, mailKeys, finishedAt: context.clock().toISOString(), ...more };
    if ((await writeErasure(catalog, ended, under)) === undefined) return;
    context.log.info('erasure-ended', { id: value.id, state, mails: mailKeys.length });
  };
  const address = addressIn(clients, value.id, sealed);
  if (address === undefined) return end('failed', value.mailKeys, false, etag);
  const hashes = hashesOf(clients, address);
  const until = context.clock().getTime() + WORK_FOR_MS;
  const keys = new Set(value.mailKeys);
  let under = etag;
  while (context.clock().getTime() < until) {
    const all = await listOfAddress(ledger, hashes);
    const isFull = keys.size >= MOST_ERASED;
    const found = isFull ? all.filter(({ value: { id } }) => keys.has(id)) : all;
    if (found.length === 0) {
      const isSearched = isFull || (await areAddressesHashed(clients, context.clock()));
      return isSearched ? end('done', [...keys], all.length > 0, under) : undefined;
    }
    for (const { value: mail } of found) keys.add(mail.id);
    const written = await writeErasure(catalog, { ...value, mailKeys: [...keys] }, under);
    // Somebody else is at it; or all of them were changed at that moment, and come again.
    if (written === undefined) return;
    under = written;
    if ((await forgetMails(clients, found, context)).length === 0) return;
  }
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
