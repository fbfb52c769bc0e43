// What it costs to find a mail: request units of a page of 50, in a ledger of so many mails of one service, 10,000 unless told, and
// over 50 services; and what their numbers cost.
// Usage: node local/setup.mjs bench/ledger-search.ts [MAILS]   (half a minute, a million nine minutes; the charges are those of local/cosmos/request-charge.ts)
import { tableLines } from '../local/table.ts';
import { listHeldSince, recordMails } from '../shared/azure/ledger.ts';
import { readCounts } from '../shared/azure/ledger-counts.ts';
import { countFound, findPlaces, type MailFilter } from '../shared/azure/ledger-search.ts';
import type { ServiceId } from '../shared/domain/ids.ts';
import { mailKeyOf } from '../shared/domain/mail/key.ts';
import { type LedgerRecord, sha256Hex } from '../shared/domain/mail/ledger-record.ts';
import { termsOf } from '../shared/domain/mail/search-terms.ts';
import { listMails } from '../shared/flows/mails/list.ts';
import { listHeld } from '../shared/flows/orders/held.ts';
import { readCount } from './command-line.ts';
import { costOf } from './cost.ts';
import { startBench } from './start-stack.ts';

const MAILS = readCount(10_000);
const HELD = Math.min(MAILS, 10_000);
const serviceId = 'bench' as ServiceId;

await using opened = new AsyncDisposableStack();
const { stack, clients } = await startBench(opened);
const { ledger, catalog } = clients.database;

for (let n = 0; n < 50; n += 1) {
  const id = n === 0 ? serviceId : (`bench-${n}` as ServiceId);
  await catalog.items.create({ id: `service:${id}`, pk: 'catalog', kind: 'service', service: { id } });
}

const heldService = 'bench-1' as ServiceId;
await record(heldService, HELD, heldRecordOf);
const held = { serviceId: heldService, groupId: undefined, limit: 50 };

/** As a supervisor's page does who scrolls to the end. */
async function listAllHeld(): Promise<void> {
  let listed = 0;
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: Awaited<ReturnType<typeof listHeld>> = await listHeld(clients, {
      ...held,
      after,
      limit: 200,
    });
    listed += page.items.length;
    after = page.next;
  }
  if (listed !== HELD) throw new Error(`${listed} of ${HELD} held mails were listed`);
}

const everywhere = { filter: {}, after: undefined, limit: 50, serviceId: undefined };
const page = (filter: MailFilter) => cost(() => listMails(clients, { ...everywhere, serviceId, filter }));
const range = { limit: 50, after: undefined, order: 'newestFirst' } as const;
const searches = async () => [
  ['newest of a service', await page({})],
  ['a domain', await page({ terms: ['@example-3.net'] })],
  ['an address', await page({ terms: ['ana-77@example-7.net'] })],
  ['two words', await page({ terms: ['pedido', '4711'] })],
  ['a Message-ID', await page({ messageIdSha256: sha256Hex('<4711@x>') })],
  ['a day', await page({ receivedFrom: instant(5_000), receivedBefore: instant(6_440) })],
  ['newest over 50 services', await cost(() => listMails(clients, everywhere))],
  [
    'held over 50 services',
    await cost(() => listHeld(clients, { serviceId: undefined, groupId: undefined, after: '', limit: 50 })),
  ],
  [`${HELD} held: a page`, await cost(() => listHeld(clients, { ...held, after: '' }))],
  ['all of them, 200 a page', await cost(listAllHeld)],
  ['since when 1,000 wait', await cost(() => listHeldSince(ledger, 1_000))],
  ['places alone', await cost(() => findPlaces(ledger, serviceId, {}, range))],
  ['a count', await cost(() => countFound(ledger, serviceId, { state: 'published' }))],
];
// The stand-in makes an index when it is first asked for: over a million records that takes longer than the app waits for an answer.
await searches();
await record(serviceId, MAILS, recordOf);
const rows = [
  ...(await searches()),
  ['the numbers of a status, the first time', await cost(() => readCounts(ledger, serviceId, new Date()))],
  ['the numbers of a status', await cost(() => readCounts(ledger, serviceId, new Date()))],
];
console.log(tableLines(['a page of 50', 'RU (requests)'], rows, [40, 16]).join('\n'));

/** A transactional batch has room for 99, and what counts them. */
async function record(serviceId: ServiceId, count: number, recordOf: (n: number) => LedgerRecord) {
  for (let n = 0; n < count; n += 99) {
    const length = Math.min(99, count - n);
    const writes = Array.from({ length }, (_, index) => ({ record: recordOf(n + index) }));
    for (const error of await recordMails(ledger, serviceId, writes)) if (error) throw error;
  }
}

function instant(minute: number): string {
  return new Date(Date.UTC(2026, 2, 1, 0, minute)).toISOString();
}

function recordOf(n: number): LedgerRecord {
  const shown = {
    from: `ana-${n % 100}@example-${n % 10}.net`,
    fromName: 'Ana Souza',
    subject: `Pedido ${n}`,
  };
  return {
    id: mailKeyOf(serviceId, 'imap/bench/1', `${n}`),
    serviceId,
    kind: 'mail',
    state: 'published',
    disposal: 'moved',
    source: { generation: 'imap/bench/1', id: `${n}` },
    receivedAt: instant(n),
    recordedAt: instant(n),
    rawSizeBytes: 10_000,
    rawSha256: sha256Hex(`${n}`),
    messageIdSha256: sha256Hex(`<${n}@x>`),
    conversationKey: sha256Hex(`${n}`).slice(0, 32),
    ...shown,
    terms: termsOf(shown),
    attachments: 0,
    automatic: false,
    bounce: false,
    loop: false,
    parse: 'ok',
  };
}

function heldRecordOf(n: number): LedgerRecord {
  const id = mailKeyOf(heldService, 'imap/bench/1', `${n}`);
  const place = { heldAt: instant(n), heldPlace: `${instant(n)} ${id}`, snippet: 'x'.repeat(200) };
  return { ...recordOf(n), id, serviceId: heldService, state: 'held', ...place };
}

/** Request units and requests, as the database counted them. */
async function cost(run: () => Promise<unknown>): Promise<string> {
  return (await costOf(stack.cosmos, run)).figure;
}
