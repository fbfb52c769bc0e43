// The pool of parsing threads, with real threads: what a mail that is too much does to it, and what it does to others.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MaloteError } from '../../shared/errors.ts';
import { createParser, type ParserOptions } from '../../shared/mime/parser.ts';

const options = { ownAddresses: [] };
const head =
  'From: Ana <ana@example.com>\r\nSubject: =?utf-8?Q?Ol=C3=A1?=\r\nMessage-ID: <1@example.com>\r\n';
const small = { bytes: Buffer.from(`${head}\r\noi\r\n`) };
const large = {
  bytes: Buffer.from(`${head}Content-Type: text/html\r\n\r\n${'<p>a <b>c</b>'.repeat(80_000)}`),
};

async function withParser(
  settings: ParserOptions,
  use: (parser: ReturnType<typeof createParser>) => Promise<void>,
) {
  const parser = createParser(settings);
  try {
    await use(parser);
  } finally {
    await parser.close();
  }
}

describe('the parser pool', () => {
  it('parses many mails at once and gives each its own', async () => {
    await withParser({ workers: 2, timeLimitMs: () => 600_000 }, async parser => {
      const texts = Array.from({ length: 50 }, (_, i) => `mail ${i}\n`);
      const parsed = await Promise.all(
        texts.map(text => parser.parse({ bytes: Buffer.from(`${head}\r\n${text}`) }, options)),
      );
      assert.deepEqual(
        parsed.map(({ mail }) => mail.text),
        texts,
      );
    });
  });

  it('leaves the bytes it was given intact and hands over those of attachments', async () => {
    await withParser({}, async parser => {
      const bytes = Buffer.from(
        `${head}Content-Type: a/b; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n`,
      );
      const before = Buffer.from(bytes);
      const { attachments } = await parser.parse({ bytes }, options);
      assert.deepEqual(bytes, before);
      assert.deepEqual(attachments, [{ content: new Uint8Array(Buffer.from('ABC')) }]);
    });
  });

  it('streams the attachments of a file into the spool directory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'malote-spool-'));
    try {
      await withParser({}, async parser => {
        const path = join(folder, 'mail.eml');
        const content = 'x'.repeat(300_000);
        await writeFile(path, `${head}Content-Type: a/b; name=a\r\n\r\n${content}`);
        const { mail, attachments } = await parser.parse({ path }, { ...options, spool: folder });
        assert.equal(mail.attachments[0]?.sizeBytes, content.length);
        const kept = attachments[0];
        assert.ok(kept && 'path' in kept);
        assert.equal(await readFile(kept.path, 'utf8'), content);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('gives up a mail among others that takes more than a fifth of its time, and goes on', async () => {
    await withParser({ timeLimitMs: sizeBytes => (sizeBytes > 1_000 ? 5 : 100_000) }, async parser => {
      await parser.parse(small, options);
      const given = await Promise.all([large, small].map(input => parser.parseAmongOthers(input, options)));
      assert.deepEqual(
        given.map(parsed => parsed?.mail.text),
        [undefined, 'oi\n'],
      );
    });
  });

  it('stops a mail that takes too long, keeps its headers, and goes on with the next', async () => {
    await withParser({ timeLimitMs: sizeBytes => (sizeBytes > 1_000 ? 1 : 20_000) }, async parser => {
      await parser.parse(small, options);
      const [stopped, next] = await Promise.all([parser.parse(large, options), parser.parse(small, options)]);
      assert.equal(stopped.mail.parse.status, 'failed');
      assert.equal(stopped.mail.parse.defects[0]?.code, 'timed_out');
      assert.equal(stopped.mail.headers.subject, 'Olá');
      assert.deepEqual(stopped.mail.headers.from, [{ name: 'Ana', address: 'ana@example.com' }]);
      assert.equal(stopped.mail.headers.messageId, '<1@example.com>');
      assert.equal(next.mail.text, 'oi\n');
    });
  });

  it('stops a mail that takes too much memory, and goes on with the next', async () => {
    await withParser({ heapMegabytes: 60, timeLimitMs: () => 600_000 }, async parser => {
      const [stopped, next] = await Promise.all([parser.parse(large, options), parser.parse(small, options)]);
      assert.equal(stopped.mail.parse.defects[0]?.code, 'out_of_memory');
      assert.equal(next.mail.parse.status, 'ok');
    });
  });

  it('has others parsed by another thread when one is at a mail for long', async () => {
    const parser = createParser({ workers: 2, timeLimitMs: () => 600_000 });
    await parser.parse(small, options);
    const closed = assert.rejects(parser.parse({ path: '/dev/zero' }, options), MaloteError);
    const next = await parser.parse(small, options);
    assert.equal(next.mail.text, 'oi\n');
    await parser.close();
    await closed;
  });

  it('rejects when there is no mail to read', async () => {
    await withParser({}, async parser => {
      const missing = parser.parse({ path: join(tmpdir(), 'malote-no-such-file.eml') }, options);
      await assert.rejects(
        missing,
        (error: MaloteError) => error.code === 'internal' && /ENOENT/.test(error.message),
      );
    });
  });

  it('rejects mails under way and later ones once it is closed', async () => {
    const parser = createParser();
    const underWay = parser.parse(large, options);
    const refused = assert.rejects(underWay, MaloteError);
    await parser.close();
    await refused;
    await assert.rejects(parser.parse(small, options), MaloteError);
  });
});
