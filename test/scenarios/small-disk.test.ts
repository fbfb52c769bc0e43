// Many large mails at once and a small disk: as many are spooled as have room, the others wait, and none is lost.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { MailReceived } from '../../schemas/events.d.ts';
import { useMailroom } from '../support/mailroom.ts';
import { sha256 } from '../support/mixed-mails.ts';
import { until } from '../support/until.ts';

const DISK_BYTES = 80_000_000;
/** As much as the app takes of it. */
const BUDGET_BYTES = 0.75 * DISK_BYTES;
const MAIL_BYTES = 9_000_000;
const MAILS = 16;

const spool = await mkdtemp(join(tmpdir(), 'malote-small-disk-'));
after(() => rm(spool, { recursive: true, force: true }));
const room = await useMailroom({
  environment: {
    NODE_OPTIONS: '--import ./test/support/small-disk.ts',
    DISK_BYTES: `${DISK_BYTES}`,
    TMPDIR: spool,
    LEASE_SECONDS: '40',
  },
});
const { dovecot, stack } = room;

const mailOf = (subject: string) => {
  const head = `Subject: ${subject}\r\nContent-Type: application/zip; name=large.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
  const line = `${Buffer.alloc(57, subject).toString('base64')}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.alloc(MAIL_BYTES, line)]);
};

/** What lies in the folders of mails; some go while one looks. */
async function spooledBytes(): Promise<number> {
  const names = await readdir(spool, { recursive: true });
  const sizes = await Promise.all(
    names.map(async name => {
      const found = await stat(join(spool, name)).catch(() => undefined);
      return found?.isFile() ? found.size : 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

test('sixteen large mails at once', { skip: dovecot.skip }, async () => {
  const held = Promise.withResolvers<void>();
  // Whoever has room keeps it: nobody's mail is safe yet.
  stack.blob.faults.add({ on: 'PUT mails/', action: 'delay', until: held.promise });
  const raws = new Map(Array.from({ length: MAILS }, (_, n) => [`${n}`, mailOf(`${n}`)]));
  const services = await Promise.all(
    [...raws.values()].map(async raw => {
      const mailbox = await dovecot.newMailbox();
      await mailbox.deliver('INBOX', raw);
      const service = await room.register(mailbox);
      await room.begin(service);
      return { mailbox, service };
    }),
  );
  let peakBytes = 0;
  const look = async () => {
    peakBytes = Math.max(peakBytes, await spooledBytes());
    return peakBytes;
  };
  await until('all that have room to be spooled', async () => (await look()) >= 3 * MAIL_BYTES);
  stack.blob.faults.clear();
  held.resolve();
  for (const { mailbox, service } of services) {
    await until('the mailbox to be worked off', async () => {
      await look();
      return (
        (await mailbox.list('INBOX')).length === 0 || ((await room.fetch(service)) === 'idle' && undefined)
      );
    });
  }
  assert.ok(peakBytes <= BUDGET_BYTES, `${peakBytes} bytes lay on the disk`);
  for (const { service } of services) {
    const [event] = await room.received(service, 'mail.received', 1);
    assert.ok(event);
    const { headers, raw } = event.data as MailReceived;
    assert.equal(raw.sha256, sha256(raws.get(headers.subject) ?? assert.fail()));
    const { json: status } = await room.call('GET', `/api/services/${service}/status`);
    assert.deepEqual([status.state, status.counts.published], ['healthy', 1]);
  }
  assert.equal(await spooledBytes(), 0);
});
