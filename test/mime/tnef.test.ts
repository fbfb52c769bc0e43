// What Outlook packs into a winmail.dat, in all the ways of packing, and that no damage stops the reading.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from '../../shared/mime/parse.ts';
import { readTnef } from '../../shared/mime/tnef.ts';
import { packRtf, type TnefContent, writeTnef } from '../support/tnef.ts';

const rtf = (words: string) =>
  `{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset128 MS Gothic;}}${words}}`;
const html = (words: string) => rtf(`\\fromhtml1 ${words}`).replace('\\ansi', '\\ansi\\fromhtml1');

const whole: TnefContent = {
  codepage: 1252,
  properties: [
    [0x1009, packRtf(html("{\\*\\htmltag64 <p>}Ol\\'e1{\\*\\htmltag72 </p>}"))],
    [0x0037, 'Pedido'],
  ],
  files: [
    { title: Buffer.from('um.txt\0'), data: Buffer.from('um') },
    {
      properties: [
        [0x3707, 'dois.txt'],
        [0x3701, Buffer.from('dois')],
      ],
    },
    {
      properties: [
        [0x3705, 5],
        [0x3701, { object: writeTnef({ body: Buffer.from('dentro\0') }) }],
      ],
    },
  ],
};

describe('a TNEF message', () => {
  it('has the text of its properties, else of its attributes, else of its RTF', () => {
    const all: TnefContent = {
      properties: [
        [0x1000, 'propriedade'],
        [0x1009, packRtf(rtf('em RTF'))],
      ],
      body: Buffer.from('atributo\0'),
    };
    assert.equal(readTnef(writeTnef(all)).text, 'propriedade');
    assert.equal(readTnef(writeTnef({ ...all, properties: [] })).text, 'atributo');
    assert.equal(readTnef(writeTnef({ properties: [[0x1009, packRtf(rtf('em RTF'))]] })).text, 'em RTF');
  });

  it('has HTML in its own property, in the code page that is said, or in RTF that is not packed', () => {
    const bytes = Buffer.from([0x3c, 0x70, 0x3e, 0xcf, 0xf0, 0xe8]);
    assert.equal(
      readTnef(
        writeTnef({
          properties: [
            [0x1013, bytes],
            [0x3fde, 1251],
          ],
        }),
      ).html,
      '<p>При',
    );
    const packed = packRtf(html('{\\*\\htmltag64 <p>}Oi &'), 'MELA');
    assert.equal(readTnef(writeTnef({ properties: [[0x1009, packed]] })).html, '<p>Oi &');
  });

  it('has RTF in runs of what came before', () => {
    // "{\rtf1 WXYZWXYZ...}" of MS-OXRTFCP 4.2: a run that reads what it writes.
    const packed = Buffer.from('1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0', 'hex');
    assert.equal(readTnef(writeTnef({ properties: [[0x1009, packed]] })).text, 'WXYZWXYZWXYZWXYZWXYZ');
  });

  it('names a file by its long name, its title or its display name, in the code page of the message', () => {
    const files: TnefContent['files'] = [
      {
        title: Buffer.from('LONGNA~1.TXT\0'),
        data: Buffer.from('a'),
        properties: [[0x3707, 'long name.txt']],
      },
      { title: Buffer.from([0xc4, 0xe0, 0x2e, 0x74, 0x78, 0x74, 0]), data: Buffer.from('b') },
      { data: Buffer.from('c'), properties: [[0x3001, { codepage: Buffer.from([0xcd, 0xe5, 0xf2]) }]] },
    ];
    const names = readTnef(writeTnef({ codepage: 1251, files })).files.map(({ name }) => name);
    assert.deepEqual(names, ['long name.txt', 'Да.txt', 'Нет']);
  });

  it('has files that nobody announced, and text in UTF-8 that is said to be Latin', () => {
    const file = { unannounced: true as const, title: Buffer.from('a.txt\0'), data: Buffer.from('a') };
    const message = readTnef(writeTnef({ codepage: 1252, body: Buffer.from('Olá\0'), files: [file] }));
    assert.equal(message.text, 'Olá');
    assert.deepEqual(
      message.files.map(({ name }) => name),
      ['a.txt'],
    );
  });

  it('that holds a mail gives its words as a file and its files among the others', () => {
    const message = readTnef(writeTnef(whole));
    assert.deepEqual(
      message.files.map(({ name, content }) => [name, content.toString()]),
      [
        ['um.txt', 'um'],
        ['dois.txt', 'dois'],
        ['message.txt', 'dentro'],
      ],
    );
    assert.equal(message.unread, null);
  });

  it('that is cut off anywhere says so, and gives what came before', () => {
    const bytes = writeTnef(whole);
    let unnoticed = 0;
    for (let length = 0; length < bytes.length; length++) {
      const message = readTnef(Buffer.from(bytes.subarray(0, length)));
      if (message.unread === null) unnoticed++;
      assert.ok(message.files.length <= 3);
    }
    // Behind an attribute, or inside its checksum, nothing tells that there were more.
    assert.ok(unnoticed <= 3 * 12, `${unnoticed} of ${bytes.length} lengths went unnoticed`);
  });

  it('with any byte wrong is still read', () => {
    const bytes = writeTnef(whole);
    for (let at = 0; at < bytes.length; at++) {
      for (const wrong of [0, 1, 0x7f, 0xff]) {
        const damaged = Buffer.from(bytes);
        damaged[at] = wrong;
        assert.ok(readTnef(damaged).files.length <= 3);
      }
    }
  });

  it('of a mail that is signed beside its text has that mail in its smime.p7m', async () => {
    const signed = [
      'Content-Type: multipart/signed; protocol="application/x-pkcs7-signature"; boundary=s',
      '',
      '--s',
      '',
      'Bom dia',
      '--s',
      'Content-Type: application/x-pkcs7-signature; name=smime.p7s',
      '',
      'x',
      '--s--',
      '',
    ].join('\r\n');
    const tnef = writeTnef({
      messageClass: 'IPM.Note.SMIME.MultipartSigned',
      files: [{ title: Buffer.from('smime.p7m\0'), data: Buffer.from(signed) }],
    });
    const { mail } = await parse(mailWith('application/ms-tnef', tnef), { ownAddresses: [] });
    assert.equal(mail.text, 'Bom dia');
    assert.deepEqual(mail.protection, { kind: 'smime', signed: true, encrypted: false });
    assert.deepEqual(
      mail.attachments.map(({ name }) => name),
      ['smime.p7s'],
    );
  });

  it('is opened in a spool directory as in memory', async () => {
    const spool = await mkdtemp(join(tmpdir(), 'malote-tnef-'));
    try {
      const { mail, attachments } = await parse(mailWith('application/octet-stream', writeTnef(whole)), {
        ownAddresses: [],
        spool,
      });
      assert.equal(mail.html, '<p>Olá</p>');
      const contents = attachments.map(kept => ('path' in kept ? readFileSync(kept.path, 'utf8') : ''));
      assert.deepEqual(contents, ['um', 'dois', 'dentro']);
    } finally {
      await rm(spool, { recursive: true });
    }
  });

  it('stays beside when not all of its files are listed', async () => {
    const files = Array.from({ length: 500 }, (_, i) => ({
      title: Buffer.from(`${i}.txt\0`),
      data: Buffer.of(0),
    }));
    const { mail } = await parse(mailWith('application/ms-tnef', writeTnef({ files })), { ownAddresses: [] });
    assert.equal(mail.attachments.length, 500);
    assert.equal(mail.attachments[0]?.type, 'application/ms-tnef');
    assert.deepEqual(
      mail.parse.defects.map(({ code }) => code),
      ['too_many_attachments'],
    );
  });

  it('inside of others is opened as often as the limits allow', async () => {
    let tnef = writeTnef({ body: Buffer.from('no fundo\0') });
    for (let depth = 0; depth < 10; depth++)
      tnef = writeTnef({ files: [{ title: Buffer.from('winmail.dat\0'), data: tnef }] });
    const { mail } = await parse(mailWith('application/ms-tnef', tnef), { ownAddresses: [] });
    assert.deepEqual(
      mail.attachments.map(({ name }) => name),
      ['winmail.dat'],
    );
    assert.deepEqual(
      mail.parse.defects.map(({ code }) => code),
      ['tnef_unread'],
    );
  });
});

function mailWith(type: string, content: Buffer): Buffer {
  const header = `From: ana@example.com\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
  return Buffer.from(header + content.toString('base64'));
}
