// The shortest way from IMAP to where Malote puts mails: raw and attachments to Blob Storage, a record to the database, an event to
// the bus, then MOVE; in batches of 100, the blobs of a batch side by side. A kill is harmless for as long as the bus knows the events
// of a day. Otherwise it keeps no promise: one mail that cannot be read, is too large for memory or for an event, or one answer that
// fails ends it, and again the next time. No HTML is made safe, no conversation is found, and nothing is known of the mail but this.
import { createHash } from 'node:crypto';
import { CosmosClient } from '@azure/cosmos';
import { ServiceBusClient } from '@azure/service-bus';
import { BlobServiceClient } from '@azure/storage-blob';
import { ImapFlow } from 'imapflow';
import { simpleParser } from 'mailparser';

const { MAIL_PORT, MAIL_USER, MAIL_PASSWORD } = process.env;
const { BLOB_CONNECTION_STRING, COSMOS_ENDPOINT, COSMOS_KEY, ServiceBus } = process.env;
const blobs = BlobServiceClient.fromConnectionString(BLOB_CONNECTION_STRING).getContainerClient('mails');
const cosmos = new CosmosClient({ endpoint: COSMOS_ENDPOINT, key: COSMOS_KEY });
const ledger = cosmos.database('malote').container('ledger');
const bus = new ServiceBusClient(ServiceBus);
const events = bus.createSender('mail-events');
console.log('ready');

const auth = { user: MAIL_USER, pass: MAIL_PASSWORD };
const imap = new ImapFlow({ host: 'localhost', port: MAIL_PORT, secure: true, auth, logger: false });
await imap.connect();
await imap.mailboxOpen('INBOX');
const uids = await imap.search({ all: true }, { uid: true });
for (let n = 0; n < uids.length; n += 100) {
  const uidsOfBatch = uids.slice(n, n + 100);
  const [mails, writes] = [[], []];
  for await (const { source } of imap.fetch(uidsOfBatch, { source: true }, { uid: true })) {
    const id = createHash('sha256').update(source).digest('hex');
    const { messageId, from, subject, date, text, html, attachments } = await simpleParser(source, {
      skipTextToHtml: true,
      skipImageLinks: true,
    });
    writes.push(upload(`peer/${id}/raw`, source));
    attachments.forEach((file, i) => void writes.push(upload(`peer/${id}/${i}`, file.content)));
    const files = attachments.map(({ filename, contentType, size }) => ({ filename, contentType, size }));
    mails.push({ id, messageId, from: from.text, subject, date, text, html, files });
  }
  await Promise.all(writes);
  const records = mails.map(({ text, html, ...record }) => ({ ...record, serviceId: 'peer' }));
  const operations = records.map(resourceBody => ({ operationType: 'Upsert', resourceBody }));
  const { code } = await ledger.items.batch(operations, 'peer');
  if (code !== 200) throw new Error(`The database answered with ${code}`);
  await send(mails.map(mail => ({ messageId: mail.id, contentType: 'application/json', body: mail })));
  await imap.messageMove(uidsOfBatch, 'Done', { uid: true });
}
await imap.logout();
await bus.close();
cosmos.dispose();

function upload(name, content) {
  return blobs.getBlockBlobClient(name).upload(content, content.length);
}

async function send(messages) {
  let batch = await events.createMessageBatch();
  for (const message of messages) {
    if (batch.tryAddMessage(message)) continue;
    await events.sendMessages(batch);
    batch = await events.createMessageBatch();
    if (!batch.tryAddMessage(message)) throw new Error('One mail is too large for the bus');
  }
  await events.sendMessages(batch);
}
