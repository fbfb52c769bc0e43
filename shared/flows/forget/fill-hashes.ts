// Records of mails from before they said who is named in them are completed from the raws, so many at a time.
import { listUnhashed } from '../../azure/addressed.ts';
import { rawPath, readBeginning } from '../../azure/blobs.ts';
import type { Stored } from '../../azure/cosmos.ts';
import { findHashed, noteHashed } from '../../azure/erasures-store.ts';
import { replaceRecord } from '../../azure/ledger.ts';
import type { Clients } from '../../clients.ts';
import { addressesOf } from '../../domain/mail/addresses.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { MaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { hashedAddresses } from '../../secrets.ts';

/** Far below what a function may take. */
const WORK_FOR_MS = 60_000;
const AT_ONCE = 5;
/** The header is all that is looked at, and is not longer. */
const HEADER_BYTES = 256 * 1024;

/** Records may still come from instances of an older version, so it is looked at again. */
const SURE_FOR_MS = 86_400_000;

/** Whether every record says under a live key who is named in its mail, as far as was found within a day. */
export async function areAddressesHashed(
  { config, database }: Pick<Clients, 'config' | 'database'>,
  now: Date,
): Promise<boolean> {
  const found = await findHashed(database.catalog);
  if (!found || now.getTime() - Date.parse(found.at) > SURE_FOR_MS) return false;
  const live = new Set(config.secretKeys.map(({ id }) => id));
  return found.keyIds.every(id => live.has(id));
}

/**
 * Completes records for a minute at most, where that is not known to be done. To be called regularly.
 * @throws MaloteError `dependency_unavailable`
 */
export async function fillAddressHashes(
  clients: Clients,
  { clock, log }: { clock: () => Date; log: Log },
): Promise<void> {
  if (await areAddressesHashed(clients, clock())) return;
  const { config, database } = clients;
  const keyIds = config.secretKeys.map(({ id }) => id);
  const until = clock().getTime() + WORK_FOR_MS;
  let filled = 0;
  let isComplete = false;
  while (!isComplete && clock().getTime() < until) {
    const some = await listUnhashed(database.ledger, keyIds);
    isComplete = some.length === 0;
    for (let at = 0; at < some.length; at += AT_ONCE)
      await Promise.all(some.slice(at, at + AT_ONCE).map(record => fill(clients, record)));
    filled += some.length;
  }
  if (isComplete) await noteHashed(database.catalog, keyIds, clock());
  if (filled > 0) log.info('addresses-hashed', { mails: filled, isComplete });
}

/** One that is changed meanwhile comes again. */
async function fill(clients: Clients, record: Stored<LedgerRecord>): Promise<void> {
  const { value } = record;
  const addresses = [value.from, ...(await addressesInRaw(clients, value))];
  const hashed = hashedAddresses(clients.config.secretKeys, addresses);
  await replaceRecord(clients.database.ledger, record, { ...value, ...hashed });
}

async function addressesInRaw(clients: Clients, { id, rawSha256 }: LedgerRecord): Promise<string[]> {
  if (rawSha256 === null) return [];
  try {
    const bytes = await readBeginning(clients.mails, rawPath(id), HEADER_BYTES);
    const { mail } = await clients.previewParser.parse({ bytes }, { ownAddresses: [] });
    return addressesOf(mail);
  } catch (error) {
    // Without a raw its record is all there is.
    if (error instanceof MaloteError && error.code === 'not_found') return [];
    throw error;
  }
}
