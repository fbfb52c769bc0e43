// Mails made to be too much: each limit leaves its defect, and the rest of the mail is still read.

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Mail } from '../../shared/domain/mail/mail.ts';
import { limits } from '../../shared/mime/limits.ts';
import { parse } from '../../shared/mime/parse.ts';

async function read(raw: string): Promise<{ mail: Mail; codes: string[] }> {
  const { mail } = await parse(Buffer.from(raw), { ownAddresses: [] });
  return { mail, codes: mail.parse.defects.map(defect => defect.code) };
}

const from = 'From: ana@example.com\n';
const mixed = `${from}Content-Type: multipart/mixed; boundary=b\n\n`;

describe('limits', () => {
  it('reads the first parts of a mail with too many', async () => {
    const { mail, codes } = await read(`${mixed}${'--b\n\nx\n'.repeat(limits.parts + 1)}--b--\n`);
    assert.deepEqual(codes, ['too_many_parts']);
    assert.equal(mail.text.split('\n').length, limits.parts);
  });

  it('lists the first attachments of a mail with too many', async () => {
    const { mail, codes } = await read(
      `${mixed}${'--b\nContent-Type: a/b\n\nx\n'.repeat(limits.attachments + 1)}--b--\n`,
    );
    assert.deepEqual(codes, ['too_many_attachments']);
    assert.equal(mail.attachments.length, limits.attachments);
  });

  it('keeps a multipart that is nested too deep as an attachment', async () => {
    const opened = Array.from(
      { length: limits.depth + 1 },
      (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n`,
    );
    const { mail, codes } = await read(`${from}${opened.join('')}\ndeep\n`);
    assert.deepEqual(codes, ['nested_too_deep', 'boundary_unclosed']);
    assert.equal(mail.attachments[0]?.type, 'application/octet-stream');
  });

  it('reads what stands before the end of a header that is too large', async () => {
    const { mail, codes } = await read(
      `${from}Subject: oi\n${'X-Filler: y\n'.repeat(30_000)}To: late@example.com\n\nbody\n`,
    );
    assert.deepEqual(codes, ['header_too_large']);
    assert.equal(mail.headers.subject, 'oi');
    assert.deepEqual(mail.headers.to, []);
    assert.equal(mail.text, 'body\n');
  });

  it('cuts addresses, references and the subject', async () => {
    const many = 'a@b.example, '.repeat(limits.addresses + 1);
    const references = Array.from({ length: limits.references + 5 }, (_, i) => `<${i}@x>`).join(' ');
    const { mail, codes } = await read(
      `${from}To: ${many}\nSubject: ${'s'.repeat(2000)}\nReferences: ${references}\n\nx\n`,
    );
    assert.deepEqual(codes.sort(), ['subject_too_long', 'too_many_addresses', 'too_many_references']);
    assert.equal(mail.headers.to.length, limits.addresses);
    assert.equal(mail.headers.subject.length, limits.subjectCharacters);
    assert.equal(mail.headers.references.length, limits.references);
    assert.equal(mail.headers.references[0], '<0@x>', 'the root stays');
    assert.equal(mail.headers.references.at(-1), `<${limits.references + 4}@x>`, 'the nearest stays');
  });

  it('cuts text and HTML that are too long', async () => {
    const text = await read(`${from}\n${'a'.repeat(limits.textCharacters + 10)}\n`);
    assert.deepEqual(text.codes, ['text_too_long']);
    assert.equal(text.mail.text.length, limits.textCharacters);
    const html = await read(
      `${from}Content-Type: text/html\n\n<p>${'a'.repeat(limits.htmlCharacters)}</p>\n`,
    );
    assert.deepEqual(html.codes, ['html_too_long']);
  });

  it('keeps the words of HTML that is nested too deep', async () => {
    const { mail, codes } = await read(`${from}Content-Type: text/html\n\n${'<div>'.repeat(98_000)}ajuda`);
    assert.deepEqual(codes, ['html_nested_too_deep']);
    assert.equal(mail.html, null);
    assert.equal(mail.text, 'ajuda');
  });
});

describe('mails made to take long', () => {
  // Of the processor, whatever else it has to do; what grows with the square of its input takes minutes.
  const timeMs = 5_000;
  const hostile: Record<string, string> = {
    'boundary-like lines': `${mixed}${'--\n'.repeat(300_000)}`,
    'encoded words': `${from}Subject: ${'=?utf-8?Q?a?= '.repeat(4_500)}\n\nx`,
    'open brackets in To': `To: ${'<'.repeat(60_000)}\n\nx`,
    'open comments in To': `To: ${'('.repeat(60_000)}\n\nx`,
    'groups in To': `To: ${'a:'.repeat(30_000)}\n\nx`,
    'continuations of a parameter': `Content-Type: a/b; ${Array.from({ length: 5000 }, (_, i) => `a*${i}*=%41`).join(';')}\n\nx`,
    'dots and blanks in a name': `Content-Type: a/b; name="a${' .'.repeat(30_000)}x"\n\nx`,
    'padding of base64': `Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n${'QQ=='.repeat(500_000)}`,
    'soft line breaks': `Content-Type: a/b\nContent-Transfer-Encoding: quoted-printable\n\n${'= '.repeat(500_000)}`,
    'beginnings of uuencoded files': `${from}\n${'begin 644 x\n'.repeat(50_000)}\nend\n`,
    'quoted answers': `${from}\n${'On 1 a wrote:\n> x\n'.repeat(40_000)}`,
    'unclosed cells': `Content-Type: text/html\n\n<table>${'<td>'.repeat(100_000)}`,
    'unclosed tags': `Content-Type: text/html\n\n${'<a '.repeat(200_000)}`,
    'styles of open functions': `Content-Type: text/html\n\n${`<p style="color:${'rgb('.repeat(45)}">x</p>`.repeat(1_000)}`,
  };
  for (const [what, raw] of Object.entries(hostile)) {
    it(`reads ${what} in time`, async () => {
      const before = process.cpuUsage();
      await read(raw);
      const { user, system } = process.cpuUsage(before);
      const tookMs = Math.round((user + system) / 1_000);
      assert.ok(tookMs < timeMs, `took ${tookMs} ms`);
    });
  }

  it('reads bytes without any meaning', async () => {
    // SHA-256 of a counter: noise, and the same in every run.
    const noise = Buffer.concat(Array.from({ length: 600 }, (_, i) => hash('sha256', `${i}`, 'buffer')));
    for (let size = 0; size <= noise.length; size += 1_000) {
      const { mail } = await parse(noise.subarray(0, size), { ownAddresses: [] });
      assert.notEqual(mail.parse.status, 'failed');
    }
  });
});
