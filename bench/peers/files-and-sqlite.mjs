// What a day's work gets: mails from IMAP into files and a table, in batches of 100. No disk is waited for, and no promise is kept: a
// kill between COMMIT and MOVE makes a hundred mails appear twice, two that run at once do the same to all, one mail that cannot be
// read ends it, and again the next time. Nobody is told of a mail.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { ImapFlow } from 'imapflow';
import { simpleParser } from 'mailparser';

const { MAIL_PORT, MAIL_USER, MAIL_PASSWORD, INTO } = process.env;
const db = new DatabaseSync(`${INTO}/mails.db`);
db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS mails (sha256, message_id, sender, subject, date, text, html, attachments)`);
const insert = db.prepare('INSERT INTO mails VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
console.log('ready');

const auth = { user: MAIL_USER, pass: MAIL_PASSWORD };
const imap = new ImapFlow({ host: 'localhost', port: MAIL_PORT, secure: true, auth, logger: false });
await imap.connect();
await imap.mailboxOpen('INBOX');
const uids = await imap.search({ all: true }, { uid: true });
for (let n = 0; n < uids.length; n += 100) {
  const batch = uids.slice(n, n + 100);
  const [rows, writes] = [[], []];
  for await (const { source } of imap.fetch(batch, { source: true }, { uid: true })) {
    const sha256 = createHash('sha256').update(source).digest('hex');
    const mail = await simpleParser(source, { skipTextToHtml: true, skipImageLinks: true });
    const { messageId, from, subject, date, text, html, attachments } = mail;
    writes.push(writeFile(`${INTO}/${sha256}.eml`, source));
    attachments.forEach((file, i) => void writes.push(writeFile(`${INTO}/${sha256}-${i}`, file.content)));
    const files = JSON.stringify(attachments.map(({ filename, contentType }) => [filename, contentType]));
    rows.push([sha256, messageId, from.text, subject, date.toISOString(), text, html || null, files]);
  }
  await Promise.all(writes);
  db.exec('BEGIN');
  for (const row of rows) insert.run(...row);
  db.exec('COMMIT');
  await imap.messageMove(batch, 'Done', { uid: true });
}
await imap.logout();
