// Mailboxes from which nothing can be removed for weeks: what is remembered of their mails outgrows the mailbox's record.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { imapGeneration } from '../../shared/domain/mail/key.ts';
import { newMailbox } from '../../shared/domain/mailbox/mailbox.ts';
import { localAuthority } from '../support/authority.ts';
import { changeRecord, readRecord } from '../support/mailbox-record.ts';
import { useMailroom } from '../support/mailroom.ts';
import { sha256 } from '../support/mixed-mails.ts';
import { servePop3 } from '../support/pop3-server.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';

const MANY = 750;
const readOnly: Record<string, string> = { DELE: '-ERR read-only\r\n' };
const maildrop = await servePop3({
  answers: readOnly,
  mails: Array.from({ length: MANY }, (_, n) => ({
    raw: `Received: a; 22 Nov 2026 10:00:00 +0000\r\nSubject: ${n}\r\nMessage-ID: <${n}@example.net>\r\n\r\nText\r\n`,
    uidl: `u${n}`,
  })),
});

// Every other UID, so that no two make a range.
const uids = Array.from({ length: 100_000 }, (_, n) => 2 * n + 1);
const folder = await startScriptedImap(
  {
    SELECT: `* ${uids.length} EXISTS\r\n* OK [UIDVALIDITY 7] v\r\nTAG OK [READ-WRITE] selected`,
    'UID SEARCH': `* SEARCH ${uids.join(' ')}\r\nTAG OK done`,
  },
  await localAuthority(),
);
const room = await useMailroom({
  environment: { MAIL_ALLOW_PLAINTEXT: 'true', MAIL_EXTRA_PORTS: `${maildrop.port},${folder.port}` },
});
const { dovecot } = room;
const mails = BlobServiceClient.fromConnectionString(room.stack.blob.connectionString).getContainerClient(
  'mails',
);
const undisposed = async (service: string): Promise<number> =>
  (await room.call('GET', `/api/services/${service}/status`)).json.counts.undisposed;

describe('a mailbox of which much is remembered', { skip: dovecot.skip }, () => {
  test('keeps that beside its record; when it is lost nothing comes twice, and all is deleted in the end', async () => {
    const { port } = maildrop;
    const service = await room.register(await dovecot.newMailbox(), {
      mailbox: { protocol: 'pop3', port, tls: 'none' },
    });
    await room.fetch(service);
    await room.received(service, 'mail.received', MANY);
    const { takenIn, takenInBlob } = await readRecord(room, service);
    assert.deepEqual([takenIn, takenInBlob?.count, await undisposed(service)], ['', MANY, MANY]);

    const blob = mails.getBlockBlobClient(`${service}/taken-in`);
    await blob.delete();
    await room.fetch(service);
    assert.equal(sha256(await blob.downloadToBuffer()), takenInBlob?.sha256);
    assert.equal(await undisposed(service), MANY);

    delete readOnly.DELE;
    await room.fetch(service);
    assert.deepEqual([await undisposed(service), maildrop.mails.length], [0, 0]);
    assert.equal((await readRecord(room, service)).takenInBlob, null);
    assert.equal(maildrop.count('RETR'), MANY);
    assert.equal(room.events(service).filter(({ type }) => type === 'mail.received').length, MANY);
  });

  test('rests while 100,000 mails wait to be disposed of: a poll reads the record, its blob and the folder', async () => {
    const mailbox = await dovecot.newMailbox();
    const service = await room.register(mailbox, { mailbox: { port: folder.port } });
    await room.fetch(service);
    const { etag } = await room.call('GET', `/api/services/${service}`);
    const takenIn = uids.join(',');
    const now = new Date();
    const tomorrow = new Date(now.getTime() + 86_400_000).toISOString();
    await mails.getBlockBlobClient(`${service}/taken-in`).upload(takenIn, takenIn.length);
    await changeRecord(room, service, () => ({
      ...newMailbox(service as ServiceId),
      generation: imapGeneration({ host: dovecot.host, username: mailbox.user, folder: 'INBOX' }, 7n),
      takenInBlob: { sha256: sha256(Buffer.from(takenIn)), count: uids.length },
      serviceEtag: etag,
      lastSuccessAt: now.toISOString(),
      disposalTrouble: {
        code: 'disposal_refused',
        message: '',
        cure: '',
        since: now.toISOString(),
        failures: 9,
        retryAt: tomorrow,
      },
    }));
    const before = await readRecord(room, service);
    assert.equal(await room.tick(service), 'idle');
    assert.deepEqual(await readRecord(room, service), before);
    assert.equal(await undisposed(service), uids.length);
  });
});
