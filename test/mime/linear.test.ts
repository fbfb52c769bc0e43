// Every reader of what strangers send takes time that is proportional to it, whatever it is.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cutToJsonBytes } from '../../shared/domain/event/size.ts';
import { readEnvelope } from '../../shared/mailboxes/envelope.ts';
import { otherProtocol } from '../../shared/mailboxes/greeting.ts';
import { headerFields, receivedAt } from '../../shared/mailboxes/header-block.ts';
import { IMAP } from '../../shared/mailboxes/imap/errors.ts';
import { headerDigest } from '../../shared/mailboxes/pop3/headers.ts';
import { isNotice } from '../../shared/mailboxes/pop3/notice.ts';
import { quoted } from '../../shared/mailboxes/quoted.ts';
import { addressesIn } from '../../shared/mime/addresses-in-text.ts';
import { confirmedDomain, readAuthentication } from '../../shared/mime/authentication.ts';
import { Base64Decoder } from '../../shared/mime/base64.ts';
import { asRecipients, findRecipients } from '../../shared/mime/bounce-recipients.ts';
import { saysDelayed, saysFailed, splitReport } from '../../shared/mime/bounce-words.ts';
import { readCms } from '../../shared/mime/cms.ts';
import { readCorrespondent } from '../../shared/mime/correspondent.ts';
import { parseDate } from '../../shared/mime/date.ts';
import { Defects } from '../../shared/mime/defects.ts';
import { readDeliveredTo } from '../../shared/mime/delivered-to.ts';
import { readDeliveryStatus } from '../../shared/mime/delivery-status.ts';
import { mailFileName, safeFileName } from '../../shared/mime/file-name.ts';
import { HeaderFields } from '../../shared/mime/header-fields.ts';
import { readHeaders } from '../../shared/mime/headers.ts';
import { htmlToText, wordsOf } from '../../shared/mime/html-text.ts';
import { joinForms } from '../../shared/mime/join-texts.ts';
import { LineEnds } from '../../shared/mime/line-ends.ts';
import { readProperties } from '../../shared/mime/mapi.ts';
import { misleadingHosts } from '../../shared/mime/misleading-link.ts';
import { parse } from '../../shared/mime/parse.ts';
import { plainLine } from '../../shared/mime/plain-line.ts';
import { Repair } from '../../shared/mime/repair.ts';
import { newText } from '../../shared/mime/reply.ts';
import { rescue } from '../../shared/mime/rescue.ts';
import { readReturnedMail } from '../../shared/mime/returned-mail.ts';
import { readRtf } from '../../shared/mime/rtf.ts';
import { unpackRtf } from '../../shared/mime/rtf-compressed.ts';
import { sanitize, textAsHtml } from '../../shared/mime/sanitize.ts';
import { readSesBounce } from '../../shared/mime/ses-notification.ts';
import { safeStyle } from '../../shared/mime/style.ts';
import { readTnef } from '../../shared/mime/tnef.ts';
import { takeUuencodedFiles } from '../../shared/mime/uuencode.ts';
import { refusedGrowth } from '../support/growth.ts';
import { attacks } from './attacks.ts';

/** A doubling of the input may multiply the time by this; what is proportional doubles it, a square makes it four times. */
const refused = 2.6;

/** Characters for what does little with each, for whole mails, and for what does much, or is given no more by its limits. */
const many = 32_768;
const several = 16_384;
const few = 8_192;

type Reader = (text: string) => unknown;

/** A header of these fields, each of which holds the text. */
function fieldsWith(names: string, text: string): HeaderFields {
  return new HeaderFields(
    names
      .split(' ')
      .map(name => `${name}: ${text}`)
      .join('\r\n'),
  );
}

function sanitized(html: string): string | null {
  return sanitize(html, {
    attachmentByContentId: new Map([['x', 0]]),
    attachmentByName: new Map(),
    shown: new Set(),
    defects: new Defects(),
  });
}

/** What becomes of a text that comes in pieces. */
function inPieces(
  text: string,
  stage: { write: (bytes: Buffer) => Buffer | Buffer[]; end: () => Buffer | Buffer[] },
): string {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, n) =>
    stage.write(bytes.subarray(n * 4096, (n + 1) * 4096)),
  );
  return Buffer.concat([...pieces, stage.end()].flat()).toString();
}

const lineEnds = (text: string) => inPieces(text, new LineEnds(new Defects()));
const repaired = (text: string) => inPieces(text, new Repair(new Defects()));
const decoded64 = (text: string) => inPieces(text, new Base64Decoder());

const answer = { subject: 'Re: x', inReplyTo: ['<x@y>'], references: [] };
const bytesOf = (hex: string, text: string) => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.from(text)]);

const readers: [name: string, size: number, read: Reader][] = [
  ['HeaderFields', many, text => new HeaderFields(text).all('subject')],
  [
    'readHeaders, of addresses',
    few,
    text => readHeaders(fieldsWith('From To Cc Reply-To', text), new Defects()),
  ],
  [
    'readHeaders, of the rest',
    few,
    text => readHeaders(fieldsWith('Subject Date Message-ID In-Reply-To References', text), new Defects()),
  ],
  ['parseDate', many, text => [parseDate(text), parseDate(`Mon, 2 Jan 2006 ${text}`)]],
  ['plainLine', many, plainLine],
  ['safeFileName', many, text => [safeFileName(text, 'message/rfc822', 1), safeFileName(null, text, 1)]],
  ['LineEnds', many, lineEnds],
  ['LineEnds, of lines in CR CR LF', many, text => lineEnds(`${'Subject: x\r\r\n'.repeat(400)}${text}`)],
  [
    'LineEnds, of lines in CR',
    many,
    text => lineEnds(`${'Subject: x\r'.repeat(400)}${text.replaceAll('\n', '')}`),
  ],
  ['Base64Decoder', many, decoded64],
  ['Base64Decoder, of short lines', many, text => decoded64(text.replace(/.{4}/g, '$&\n'))],
  ['Repair, of a header', few, text => repaired(`Subject: ${text}`)],
  ['Repair, of a text', many, text => repaired(`Subject: x\n\n${text}`)],
  ['Repair, of parts', many, text => repaired(`Content-Type: multipart/mixed; boundary=b\n\n--b\n\n${text}`)],
  [
    'rescue',
    few,
    text =>
      rescue(Buffer.from(`From: ${text}\nSubject: ${text}\nMessage-ID: ${text}\nDate: ${text}`), {
        code: 'x',
        message: 'x',
      }),
  ],
  ['sanitize', few, sanitized],
  ['htmlToText', few, text => htmlToText(sanitized(text) ?? '')],
  ['wordsOf', many, wordsOf],
  ['textAsHtml', many, textAsHtml],
  ['safeStyle', many, text => safeStyle(`color:red;${text}`, 'p')],
  ['misleadingHosts', many, text => misleadingHosts(`http://a.example/${text}`, `www.${text}`)],
  ['takeUuencodedFiles', many, text => takeUuencodedFiles(`begin 644 x\n${text}\nend\n`)],
  ['cutToJsonBytes', few, text => cutToJsonBytes(text, text.length)],
  ['readEnvelope', few, text => readEnvelope(Buffer.from(`From: ${text}\r\nSubject: ${text}`))],
  ['headerFields', many, text => headerFields(Buffer.from(text))],
  ['headerDigest', many, text => headerDigest(Buffer.from(text))],
  ['isNotice', many, text => isNotice(Buffer.from(text))],
  ['receivedAt', many, text => receivedAt(Buffer.from(`Received: ${text}\r\nDate: ${text}`), new Date(0))],
  ['quoted', many, text => quoted(text, { type: 'password', password: 'a b@c' })],
  ['newText', many, text => newText(text, answer, '')],
  ['newText, of HTML', few, text => newText(`x ${text}`, answer, `<div class="gmail_quote">${text}`)],
  ['addressesIn', many, addressesIn],
  ['findRecipients', few, text => asRecipients(findRecipients(text, new Set()), text, 'failed')],
  ['splitReport', many, splitReport],
  ['what servers say', many, text => [saysFailed(text, text), saysDelayed(text, text), readSesBounce(text)]],
  ['readDeliveryStatus', few, text => readDeliveryStatus(Buffer.from(`Final-Recipient: ${text}`))],
  ['readReturnedMail', few, text => readReturnedMail([], text, text, [])],
  [
    'whom to answer',
    few,
    text => {
      const fields = fieldsWith('X-Original-From List-Id List-Post Delivered-To Sender', text);
      const nobody = { from: [], to: [], cc: [], replyTo: [] };
      return [
        readCorrespondent(fields, nobody, new Set(), new Defects()),
        readDeliveredTo(fields, nobody, new Set()),
      ];
    },
  ],
  [
    'readAuthentication',
    many,
    text => readAuthentication(fieldsWith('Authentication-Results Received-SPF', text)),
  ],
  [
    'confirmedDomain',
    many,
    text => {
      const fields = fieldsWith('Authentication-Results', text);
      return [confirmedDomain(fields, null), confirmedDomain(fields, 'x')];
    },
  ],
  ['mailFileName', few, text => mailFileName(Buffer.from(`Subject: ${text}`))],
  ['readRtf', few, text => readRtf(Buffer.from(`{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag ${text}`))],
  ['unpackRtf', many, text => unpackRtf(bytesOf('ffffffffffffffff4c5a467500000000', text))],
  ['readTnef', many, text => readTnef(bytesOf('789f3e220100', text))],
  ['readProperties', many, text => readProperties(bytesOf('ffffffff', text), 1252, new Map())],
  [
    'readCms',
    many,
    text => readCms(bytesOf('308006092a864886f70d010702a080308002010131003080060100a0802480', text)),
  ],
  [
    'joinForms',
    few,
    text =>
      joinForms(
        { text: { text: `${text}x` }, htmlStandsAlone: false },
        { text: { html: text }, htmlStandsAlone: false },
      ),
  ],
  ['otherProtocol', many, text => otherProtocol(text, IMAP)],
];

/** Whole mails, each with the text in one place. */
const mails: [place: string, size: number, mail: (text: string) => string][] = [
  ['a header', few, text => text],
  ['a Subject', few, text => `Subject: ${text}\n\nx`],
  ['From', few, text => `From: ${text}\n\nx`],
  [
    'what servers found',
    few,
    text => `Authentication-Results: ${text}\nReceived: ${text}\nReturn-Path: ${text}\n\nx`,
  ],
  [
    'what robots write',
    few,
    text => `Auto-Submitted: ${text}\nList-Id: ${text}\nX-Failed-Recipients: ${text}\n\nx`,
  ],
  ['a Content-Type', few, text => `Content-Type: text/plain; ${text}\n\nx`],
  [
    'the name of a file',
    few,
    text => `Content-Type: a/b\nContent-Disposition: attachment; filename="${text}\n\nx`,
  ],
  ['a text', several, text => `Subject: x\n\n${text}`],
  ['a reply', several, text => `Subject: Re: x\nIn-Reply-To: <x@y>\n\nx\n\n${text}`],
  ['a text in quoted-printable', several, text => `Content-Transfer-Encoding: quoted-printable\n\n${text}`],
  ['a text in base64', several, text => `Content-Transfer-Encoding: base64\n\n${text}`],
  [
    'what base64 holds',
    few,
    text => `Content-Transfer-Encoding: base64\n\n${Buffer.from(text).toString('base64')}`,
  ],
  ['flowed text', several, text => `Content-Type: text/plain; format=flowed; delsp=yes\n\n${text}`],
  ['a text in a charset of Japan', few, text => `Content-Type: text/plain; charset=iso-2022-jp\n\n${text}`],
  ['HTML', few, text => `Content-Type: text/html\n\n${text}`],
  ['parts', few, text => `Content-Type: multipart/mixed; boundary=b\n\n--b\n\n${text}`],
  ['a file', several, text => `Content-Type: a/b; name=x\nContent-Transfer-Encoding: base64\n\n${text}`],
  [
    'a file in quoted-printable',
    several,
    text => `Content-Type: a/b; name=x\nContent-Transfer-Encoding: quoted-printable\n\n${text}`,
  ],
  [
    'a report',
    few,
    text => `From: mailer-daemon@x.example\nContent-Type: message/delivery-status\n\n${text}`,
  ],
  [
    'a report in prose',
    few,
    text => `From: mailer-daemon@x.example\nSubject: failed\n\nuser unknown\n${text}`,
  ],
];

async function refusedAttacks(work: Reader, size: number): Promise<string[]> {
  const found: string[] = [];
  for (const [name, text] of Object.entries(attacks)) {
    const growth = await refusedGrowth({ work, text, size, refused });
    if (growth !== undefined) found.push(`${name}: ${growth.toFixed(1)} times`);
  }
  return found;
}

describe('what grows no faster than what is sent', () => {
  for (const [name, size, read] of readers) {
    it(`is the time of ${name}`, async () => {
      assert.deepEqual(await refusedAttacks(read, size), []);
    });
  }

  for (const [place, size, mail] of mails) {
    it(`is the time of parsing a mail, whatever is in ${place}`, async () => {
      const read = (text: string) => parse(Buffer.from(mail(text)), { ownAddresses: [] });
      assert.deepEqual(await refusedAttacks(read, size), []);
    });
  }
});
