// What is mended before a mail is parsed, where a fixture would be long or hard to read.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { parse } from '../../shared/mime/parse.ts';

async function read(raw: string | Buffer) {
  const bytes = typeof raw === 'string' ? Buffer.from(raw, 'latin1') : raw;
  return (await parse(bytes, { ownAddresses: [] })).mail;
}

const from = 'From: ana@example.com\n';

describe('the charset of a text that names none', () => {
  it('is told from the last line as well, broken or not', async () => {
    assert.equal((await read(`${from}\num\nn\xe3o`)).text, 'um\nnão');
    const quoted = 'Content-Transfer-Encoding: quoted-printable\n\num\nn=E3o=\n';
    assert.equal((await read(`${from}${quoted}`)).text, 'um\nnão');
    const base64 = `Content-Transfer-Encoding: base64\n\n${Buffer.from('um\nnão', 'latin1').toString('base64')}`;
    assert.equal((await read(`${from}${base64}`)).text, 'um\nnão');
  });

  it('is UTF-8 in a long text whose sample ends inside a character', async () => {
    const text = `${'não '.repeat(20_000)}\n`.repeat(2);
    for (const shift of ['', 'a', 'ab']) {
      const encoded = Buffer.from(shift + text).toString('base64');
      const mail = await read(`${from}Content-Transfer-Encoding: base64\n\n${encoded}`);
      assert.equal(mail.text, shift + text);
    }
  });

  it('is told from the end of a long text, too', async () => {
    const mail = await read(`${from}\n${'linha\n'.repeat(50_000)}n\xe3o`);
    assert.ok(mail.text.endsWith('\nnão'));
  });
});

describe('a multipart', () => {
  it('may use the boundary of the one around it', async () => {
    const inner = 'Content-Type: multipart/alternative; boundary=b\n\n--b\n\num\n--b--\n';
    const mail = await read(
      `${from}Content-Type: multipart/mixed; boundary=b\n\n--b\n${inner}--b\n\ndois\n--b--\n`,
    );
    assert.match(mail.text, /um\s+dois/);
  });

  it('is text when its first part does not come for long', async () => {
    const preamble = 'palavra\n'.repeat(20_000);
    const mail = await read(
      `${from}Content-Type: multipart/mixed; boundary=b\n\n${preamble}--b\n\nfim\n--b--\n`,
    );
    assert.ok(mail.text.includes('palavra') && mail.text.includes('fim'));
  });

  it('does not take the delimiters of a text for its own', async () => {
    const mail = await read(`${from}Content-Type: text/plain; boundary=b\n\num\n--b\n\ndois\n`);
    assert.equal(mail.text, 'um\n--b\n\ndois\n');
  });
});

describe('a header of many short lines', () => {
  it('is cut by its bytes, line ends included, and the text stays', async () => {
    const mail = await read(`${from}Subject: x\n${' a\n'.repeat(135_000)}\noi`);
    assert.equal(mail.text, 'oi');
    assert.equal(mail.headers.from[0]?.address, 'ana@example.com');
    assert.deepEqual(
      mail.parse.defects.map(({ code }) => code),
      ['header_too_large', 'subject_too_long'],
    );
  });

  it('may grow to what it is in UTF-8', async () => {
    const mail = await read(`${from}Subject: ${'\x80'.repeat(250_000)}\n\noi`);
    assert.equal(mail.text, 'oi');
    assert.ok(mail.headers.subject.startsWith('€€'));
  });

  it('may consist of encoded words and names of files', async () => {
    const word = `=?windows-1252?B?${Buffer.alloc(180_000, 0x80).toString('base64')}?=`;
    assert.ok((await read(`${from}Subject: ${word}\n\noi`)).headers.subject.startsWith('€€'));
    const mail = await read(`${from}Content-Type: a/b; name="${'\x80'.repeat(250_000)}.pdf"\n\noi`);
    assert.match(mail.attachments[0]?.name ?? '', /^€+\.pdf$/);
  });
});

describe('a line of a header too long to be held', () => {
  it('is read the same however it arrives', async () => {
    const raw = Buffer.from(`${from}Subject: ${'a:b '.repeat(30_000)}fim\nX-Y: z\n\noi`);
    const whole = await parse(raw, { ownAddresses: [] });
    for (const size of [1000, 70_000]) {
      const pieces = Array.from({ length: Math.ceil(raw.length / size) }, (_, i) =>
        raw.subarray(i * size, (i + 1) * size),
      );
      assert.deepEqual(await parse(Readable.from(pieces), { ownAddresses: [] }), whole);
    }
  });
});

describe('a multipart wholly in base64', () => {
  const head = `${from}Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n`;

  it('is read as it streams by, however large its files', async () => {
    const file = Buffer.alloc(3_000_000, 'x').toString('base64');
    const parts = `--b\n\noi\n--b\nContent-Type: a/b\nContent-Transfer-Encoding: base64\n\n${file}\n--b--\n`;
    const mail = await read(head + Buffer.from(parts).toString('base64'));
    assert.equal(mail.text, 'oi');
    assert.equal(mail.attachments[0]?.sizeBytes, 3_000_000);
  });

  it('is a text when its first part does not come', async () => {
    const mail = await read(head + Buffer.from('só palavras').toString('base64'));
    assert.equal(mail.text, 'só palavras');
  });
});

describe('a mail that breaks off', () => {
  it('rejects with what broke it, also in the middle of an attachment', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from(`${from}Content-Type: a/b\n\n`);
        for (let i = 0; i < 20; i++) yield Buffer.alloc(65_536, 65);
        throw new Error('connection lost');
      })(),
    );
    await assert.rejects(parse(broken, { ownAddresses: [] }), /connection lost/);
  });
});
