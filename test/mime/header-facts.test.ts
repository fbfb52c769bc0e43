// Single facts of a header: dates, names of files, conversations, importance, what the receiving server found.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { confirmedDomain, readAuthentication } from '../../shared/mime/authentication.ts';
import { conversationKey } from '../../shared/mime/conversation.ts';
import { parseDate } from '../../shared/mime/date.ts';
import { safeFileName } from '../../shared/mime/file-name.ts';
import { HeaderFields } from '../../shared/mime/header-fields.ts';
import { readImportance } from '../../shared/mime/importance.ts';

describe('parseDate', () => {
  const dates: [string, string | null][] = [
    ['Mon, 3 Jun 2024 10:00:00 -0300', '2024-06-03T13:00:00Z'],
    ['3 Jun 2024 10:00 +0530 (IST)', '2024-06-03T04:30:00Z'],
    ['Mon,3 Jun 2024 10:00:00 GMT', '2024-06-03T10:00:00Z'],
    ['Mon, 3 Jun 2024 10:00:00 GMT+0200', '2024-06-03T08:00:00Z'],
    ['Mon, 3 June 2024 10:00:00 EST', '2024-06-03T15:00:00Z'],
    ['Fri, 21 Nov 97 09(a (b)):55 : 06 -0600', '1997-11-21T15:55:06Z'],
    ['Fri, 21 Nov 97 09(a):55 : 06 -0600', '1997-11-21T15:55:06Z'],
    ['03-Jun-2024 10:00:00', '2024-06-03T10:00:00Z'],
    ['Mon Jun  3 10:00:00 2024', '2024-06-03T10:00:00Z'],
    ['2024-06-03T10:00:00-03:00', '2024-06-03T13:00:00Z'],
    ['Sat, 31 Dec 2016 23:59:60 +0000', '2016-12-31T23:59:59Z'],
    ['3 Jun 2024', '2024-06-03T00:00:00Z'],
    ['Mon, 03 Jun 124 10:00:00 -0300', '2024-06-03T13:00:00Z'],
    // Half days.
    ['Wed, 05 Mar 2025 3:12:00 PM -0300', '2025-03-05T18:12:00Z'],
    ['Wed, 05 Mar 2025 12:00 AM', '2025-03-05T00:00:00Z'],
    ['Wed, 05 Mar 2025 12:00 PM', '2025-03-05T12:00:00Z'],
    ['Wed, 05 Mar 2025 15:00 PM', '2025-03-05T15:00:00Z'],
    ['5 de marzo de 2025, 10:12:00 p. m.', '2025-03-05T22:12:00Z'],
    // Zones.
    ['Wed, 05 Mar 2025 10:12:00 -03', '2025-03-05T13:12:00Z'],
    ['Wed, 05 Mar 2025 10:12:00 GMT-3', '2025-03-05T13:12:00Z'],
    ['Wed, 05 Mar 2025 10:12:00 BRT', '2025-03-05T13:12:00Z'],
    ['Wed, 05 Mar 2025 10:12:00 -0300 (BRT)', '2025-03-05T13:12:00Z'],
    ['Wed, 05 Mar 2025 10:12:00 (GMT-03:00)', '2025-03-05T13:12:00Z'],
    ['Wed, 05 Mar 2025 10:12:00 COT', '2025-03-05T15:12:00Z'],
    ['Wed, 05 Mar 2025 10:12:00 IST', '2025-03-05T10:12:00Z'],
    ['Wed, 05 Mar 2025 10:12:00 +9900', '2025-03-05T10:12:00Z'],
    // Months of other languages, and other orders.
    ['Qua, 5 Fev 2025 10:12:00 -0300', '2025-02-05T13:12:00Z'],
    ['mar., 4 mar. 2025 10:12:00 -0300', '2025-03-04T13:12:00Z'],
    ['quarta-feira, 5 de março de 2025 10:12', '2025-03-05T10:12:00Z'],
    ['3 Ene 2025 10:00:00 -0300', '2025-01-03T13:00:00Z'],
    ['1 juil. 2025 10:00', '2025-07-01T10:00:00Z'],
    ['029 Apr 2025 10:00 -0300', '2025-04-29T13:00:00Z'],
    ['Wednesday, March 05, 2025 9:00 AM', '2025-03-05T09:00:00Z'],
    ['Wed Mar 05 10:12:00 BRT 2025', '2025-03-05T13:12:00Z'],
    ['Wed Mar 05 2025 10:12:00 GMT-0300 (Brasilia Standard Time)', '2025-03-05T13:12:00Z'],
    ['2025-03-05', '2025-03-05T00:00:00Z'],
    ['20250305T101200Z', '2025-03-05T10:12:00Z'],
    ['6/29/2022 11:57:13 AM', '2022-06-29T11:57:13Z'],
    ['29.06.2022 11:57', '2022-06-29T11:57:00Z'],
    ['31 Feb 2024 10:00:00 +0000', null],
    ['3 Jun 2024 25:00:00 +0000', null],
    ['3 Jun 2024 at noon', null],
    ['03/06/2024', null],
    ['', null],
  ];
  for (const [written, instant] of dates) {
    it(`reads "${written}" as ${instant}`, () => {
      assert.equal(parseDate(written), instant);
    });
  }
});

describe('safeFileName', () => {
  it('keeps good names and their characters', () => {
    assert.equal(
      safeFileName('Relatório nº 3 (final).pdf', 'application/pdf', 1),
      'Relatório nº 3 (final).pdf',
    );
  });

  it('makes names up from the type and the position', () => {
    assert.equal(safeFileName(null, 'application/pdf', 3), 'attachment-3.pdf');
    assert.equal(safeFileName(' .. ', 'x/y', 1), 'attachment-1.bin');
    assert.equal(safeFileName('a/', 'message/rfc822', 2), 'message-2.eml');
  });

  it('takes no path, no control character, no hidden direction and no device', () => {
    assert.equal(safeFileName('../../.ssh/config', 'x/y', 1), 'config');
    assert.equal(safeFileName('C:\\x\\..\\boot.ini', 'x/y', 1), 'boot.ini');
    assert.equal(safeFileName('a\r\nb\0\u202e\u200bfdp.exe', 'x/y', 1), 'abfdp.exe');
    assert.equal(safeFileName('NUL.tar.gz', 'x/y', 1), '_NUL.tar.gz');
  });

  it('cuts long names before the extension and never inside a character', () => {
    const name = safeFileName(`${'😀'.repeat(300)}.docx`, 'x/y', 1);
    assert.ok(name.length <= 150 && name.endsWith('😀.docx') && name.isWellFormed());
  });
});

describe('conversation', () => {
  const headers = { messageId: '<own@x>', inReplyTo: ['<b@x>'], references: ['<a@x>', '<b@x>'] };

  it('is named by the root that the References begin with', () => {
    assert.equal(conversationKey(headers), '<a@x>');
  });

  it('falls back to In-Reply-To, to the mail itself, to nothing', () => {
    assert.equal(conversationKey({ ...headers, references: [] }), '<b@x>');
    assert.equal(conversationKey({ messageId: '<own@x>', inReplyTo: [], references: [] }), '<own@x>');
    assert.equal(conversationKey({ messageId: null, inReplyTo: [], references: [] }), null);
  });
});

describe('authentication', () => {
  const read = (...lines: string[]) => readAuthentication(new HeaderFields(lines.join('\n')));
  const result = (...values: string[]) => read(...values.map(value => `Authentication-Results: ${value}`));

  it('reads the topmost header and no other', () => {
    const twice = result('mx.example; spf=pass; dmarc=fail (p=none)', 'mx.example; dkim=pass; dmarc=pass');
    assert.deepEqual(twice, { dmarc: 'fail', spf: 'pass', dkim: null });
    assert.equal(result('mx.example; spf=pass', 'mx.example; dmarc=pass').dmarc, null);
    assert.deepEqual(result(), { dmarc: null, spf: null, dkim: null });
  });

  it('is not taken in by comments and quoted strings', () => {
    assert.equal(result('mx.example (; dmarc=pass); dmarc=none').dmarc, 'none');
    assert.equal(result('mx.example; spf=fail smtp.mailfrom="x; dmarc=pass"').dmarc, null);
  });

  it('reads the header of Microsoft, which names no server first', () => {
    assert.deepEqual(
      result('spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example; dkim=none;dmarc=pass action=none'),
      { dmarc: 'pass', spf: 'pass', dkim: 'none' },
    );
  });

  it('is content with one signature of several', () => {
    assert.equal(
      result('mx.example; dkim=fail header.d=a.example; dkim=pass header.d=b.example').dkim,
      'pass',
    );
    assert.equal(result('mx.example; dkim=fail; dkim=neutral').dkim, 'fail');
  });

  it('reads SPF from the topmost Received-SPF when it is told there alone', () => {
    const spf = ['Received-SPF: SoftFail (mx.example: x) client-ip=192.0.2.1', 'Received-SPF: pass'];
    assert.equal(read(...spf).spf, 'softfail');
    assert.equal(read(...spf, 'Authentication-Results: mx.example; spf=fail').spf, 'fail');
  });
});

describe('the domain that the receiving server confirms', () => {
  const of = (authservId: string | null, ...values: string[]) =>
    confirmedDomain(
      new HeaderFields(values.map(value => `Authentication-Results: ${value}`).join('\n')),
      authservId,
    );
  const pass = 'mx.example; dkim=pass header.d=a.example; dmarc=pass (p=none) header.from=A.example';

  it('is that of the topmost header under its id, whatever came along', () => {
    assert.equal(of('mx.example', pass), 'a.example');
    assert.equal(of('mx.example', 'MX.Example 1; dmarc=pass header.from=a.example'), 'a.example');
    assert.equal(of('mx.example', 'other.example; dmarc=fail header.from=b.example', pass), 'a.example');
    assert.equal(of('mx.example', pass.replace('mx', 'evil.mx')), null);
    assert.equal(of('mx.example', 'mx.example; spf=pass', pass), null);
    assert.equal(of('mx.example', pass.slice('mx.example; '.length)), null);
    assert.equal(of('mx.example'), null);
  });

  it('is none when another header under its id says otherwise, above or below', () => {
    const fail = 'mx.example; dmarc=fail header.from=a.example';
    assert.equal(of('mx.example', pass, fail), null);
    assert.equal(of('mx.example', fail, pass), null);
    assert.equal(of('mx.example', pass, 'mx.example; spf=pass', pass), 'a.example');
  });

  it('is that of the topmost header without an id where the server writes none', () => {
    const microsoft =
      'spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example; dmarc=pass action=none header.from=a.example;compauth=pass';
    const ofSender =
      'dkim=none (message not signed) header.d=none;dmarc=none action=none header.from=b.example;';
    assert.equal(of(null, microsoft, ofSender), 'a.example');
    assert.equal(of(null, ofSender, microsoft), null);
    assert.equal(of(null, pass), null);
    assert.equal(of(null, '"x"; dmarc=pass header.from=a.example'), null);
  });

  it('is none unless DMARC passed, once, for one domain', () => {
    for (const told of [
      'dmarc=fail x=pass header.from=a.example',
      'dmarc=passed header.from=a.example',
      'dmarc=pass',
      'dmarc=pass (header.from=a.example)',
      'dmarc=pass x="y header.from=a.example"',
      'dmarc=pass header.from=a.example header.from=b.example',
      'dmarc=pass header.from=a.example; dmarc=fail header.from=b.example',
    ])
      assert.equal(of('mx.example', `mx.example; ${told}`), null, told);
    assert.equal(of('mx.example', 'mx.example; dmarc = pass header.from=x@a.example'), 'a.example');
  });
});

describe('importance', () => {
  const headers: [string, string][] = [
    ['Importance: High', 'high'],
    ['Importance: low', 'low'],
    ['X-Priority: 1 (Highest)', 'high'],
    ['X-Priority: 2', 'high'],
    ['X-Priority: 3 (Normal)', 'normal'],
    ['X-Priority: 5 (Lowest)', 'low'],
    ['X-MSMail-Priority: High', 'high'],
    ['Priority: urgent', 'high'],
    ['Priority: non-urgent', 'low'],
    ['Priority: bulk', 'normal'],
    ['X-Priority: 10', 'normal'],
    ['Importance: Normal\nX-Priority: 1', 'normal'],
    ['Importance: ?\nX-Priority: 1', 'high'],
    ['Subject: x', 'normal'],
  ];
  for (const [written, importance] of headers) {
    it(`of "${written.replace('\n', ', ')}" is ${importance}`, () => {
      assert.equal(readImportance(new HeaderFields(written)), importance);
    });
  }
});
