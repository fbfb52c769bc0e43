// Events about a mail: what they say, their identity over deliveries, and how they stay within one billing unit.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mailHeld, mailReceived, type OutgoingMail } from '../../../shared/domain/event/mail.ts';
import { cutToJsonBytes } from '../../../shared/domain/event/size.ts';
import { mailFacts, mailKey } from './facts.ts';
import { assertDescribed } from './schemas.ts';

describe('mail.received', () => {
  it('is as its schema describes it, with every kind of member filled in', () => {
    const bounce = {
      recipients: [
        { address: 'x@example.com', status: '5.1.1', action: 'failed' as const, diagnostic: null },
        { address: 'y@example.com', status: null, action: null, diagnostic: '550 no' },
      ],
      originalMessageId: '<sent@example.com>',
    };
    const facts = mailFacts(
      {
        classification: { automatic: true, bounce, loop: false, reasons: ['return-path: <>'] },
        correspondent: { name: '', address: 'z@example.com', from: 'originalFrom' },
        forwarded: true,
        protection: { kind: 'smime', signed: true, encrypted: false },
        notification: { originalMessageId: null, disposition: 'displayed' },
        importance: 'high',
        parse: { status: 'defects', defects: [{ code: 'no-date', message: 'It has no Date.' }] },
      },
      {
        preRegistration: {
          formId: 'pedido',
          formName: 'Pedido',
          fields: [
            { id: 'numero', label: 'Número', value: 42 },
            { id: 'texto', label: 'Texto', value: 'x', truncated: true },
          ],
          missing: ['data'],
        },
        delivery: { number: 2, reason: 'replayed', possibleDuplicate: true },
      },
    );
    assertDescribed(mailReceived(facts).event);
  });

  it('says where the raw and every attachment are, counted from 0', () => {
    const { event } = mailReceived(mailFacts());
    const mail = `https://mail.example.com/api/mails/${mailKey}`;
    assert.equal(event.data?.raw.url, `${mail}/raw`);
    assert.deepEqual(
      event.data?.attachments.map(({ name, url }) => [name, url]),
      [['nota.pdf', `${mail}/attachments/0`]],
    );
  });

  it('has the key of the mail as the id of its first delivery, also when that was approved', () => {
    assert.equal(mailReceived(mailFacts()).event.id, mailKey);
    const approved = mailFacts({}, { delivery: { number: 1, reason: 'approved' } });
    assert.equal(mailReceived(approved).event.id, mailKey);
  });

  it('has an id of its own for every later delivery', () => {
    const replayed = mailFacts({}, { delivery: { number: 3, reason: 'replayed' } });
    assert.equal(mailReceived(replayed).event.id, `${mailKey}:3`);
  });

  it('can be filtered by type, service, group and automatic mail', () => {
    const automatic = { automatic: true, bounce: null, loop: false, reasons: [] };
    const { properties } = mailReceived(mailFacts({ classification: automatic }));
    assert.deepEqual(properties, {
      type: 'mail.received',
      serviceId: 'sac',
      groupIds: '|g1|',
      automatic: true,
      test: false,
    });
  });
});

describe('mail.held', () => {
  it('is as its schema describes it and says what mail.received says', () => {
    const held = mailHeld(mailFacts());
    assertDescribed(held.event);
    assert.equal(held.event.type, 'mail.held');
    assert.deepEqual(held.event.data, mailReceived(mailFacts()).event.data);
  });

  it('leaves the key of the mail, as an id, to the mail.received of an approval', () => {
    assert.notEqual(mailHeld(mailFacts()).event.id, mailKey);
  });
});

describe('cutToJsonBytes', () => {
  it('gives the longest beginning that fits, in whole characters', () => {
    // In JSON: 1 byte, 4 bytes, 2 bytes (escaped), 6 bytes (escaped), 2 bytes.
    const text = 'a📮\n\u0001é';
    const cuts = Array.from({ length: 17 }, (_, bytes) => cutToJsonBytes(text, bytes).length);
    assert.deepEqual(cuts, [0, 1, 1, 1, 1, 3, 3, 4, 4, 4, 4, 4, 4, 5, 5, 6, 6]);
  });
});

describe('an event about a mail too long for one billing unit', () => {
  const longText = 'linha de texto "citada"\n'.repeat(4_000);

  it('carries everything, and asks for nothing to be stored, as long as it fits', () => {
    const { event, isCut, data } = mailReceived(mailFacts({ html: 'x'.repeat(55_000) }));
    assert.equal(event.data?.html?.length, 55_000);
    assert.equal(event.data?.bodyUrl, null);
    assert.deepEqual([isCut, data], [false, null]);
  });

  it('leaves the HTML out rather than cutting it, and keeps the text whole', () => {
    const outgoing = mailReceived(mailFacts({ html: `<p>${'x'.repeat(70_000)}</p>` }));
    const { data } = outgoing.event;
    assert.deepEqual([data?.html, data?.htmlTruncated, outgoing.isCut], [null, true, true]);
    assert.deepEqual([data?.text, data?.textTruncated], ['Bom dia', false]);
    assert.equal(data?.bodyUrl, `https://mail.example.com/api/mails/${mailKey}/body`);
    assertWithinLimit(outgoing);
  });

  it('shows the beginning of long texts and says where the whole is', () => {
    const outgoing = mailReceived(mailFacts({ text: longText, newText: longText, html: null }));
    const { data } = outgoing.event;
    assert.ok(data && longText.startsWith(data.text) && longText.startsWith(data.newText));
    assert.ok(data.text.length > 20_000 && data.newText.length > 20_000, 'the room is used');
    assert.deepEqual([data.textTruncated, data.newTextTruncated, data.htmlTruncated], [true, true, false]);
    assert.equal(data.bodyUrl, `https://mail.example.com/api/mails/${mailKey}/body`);
    assertWithinLimit(outgoing);
  });

  it('does not cut a short answer because of the long text that it quotes', () => {
    const outgoing = mailReceived(mailFacts({ text: longText, newText: 'Obrigada!' }));
    assert.deepEqual(
      [outgoing.event.data?.newText, outgoing.event.data?.newTextTruncated],
      ['Obrigada!', false],
    );
    assert.ok((outgoing.event.data?.text.length ?? 0) > 40_000, 'the text takes what the answer leaves');
    assertWithinLimit(outgoing);
  });

  for (const [script, character] of [
    ['Japanese', '日本'],
    ['emoji', '📮👩‍💻'],
    ['control characters', '\u0001\u0002'],
    ['quotation marks', '"\\'],
  ] as const)
    it(`counts bytes as JSON writes them and cuts no character in two: ${script}`, () => {
      const text = `a${character.repeat(40_000)}`;
      const outgoing = mailReceived(mailFacts({ text, newText: text, html: null }));
      const preview = outgoing.event.data?.text ?? '';
      assert.ok(preview.isWellFormed() && text.startsWith(preview));
      assertWithinLimit(outgoing);
    });

  it('refers to its data when even previews leave it too long', () => {
    const [attachment] = mailFacts().mail.attachments;
    const attachments = Array.from({ length: 400 }, () => ({ ...attachment!, name: 'anexo.pdf' }));
    const outgoing = mailReceived(mailFacts({ attachments, text: longText }));
    assertDescribed(outgoing.event);
    assert.equal(outgoing.event.data, undefined);
    assert.equal(outgoing.event.dataref, `https://mail.example.com/api/mails/${mailKey}/data/1`);
    assert.equal(outgoing.data?.name, '1');
    assertDescribed({ ...outgoing.event, data: outgoing.data?.value });
    assert.deepEqual([outgoing.data?.value.text, outgoing.data?.value.textTruncated], [longText, false]);
    assert.equal(outgoing.properties.groupIds, '|g1|');
    assertWithinLimit(outgoing);
  });

  it('keeps the data of each event apart: held, approved, replayed', () => {
    const subject = 'x'.repeat(60_000);
    const { headers } = mailFacts().mail;
    const huge = { headers: { ...headers, subject } };
    const names = [
      mailHeld(mailFacts(huge)),
      mailReceived(mailFacts(huge, { delivery: { number: 1, reason: 'approved' } })),
      mailReceived(mailFacts(huge, { delivery: { number: 2, reason: 'replayed' } })),
    ].map(({ data }) => data?.name);
    assert.deepEqual(names, ['held', '1', '2']);
  });

  it('is within the limit at every length, and whole as long as it can be', () => {
    let cut = 0;
    for (let length = 50_000; length < 62_000; length += 97) {
      const outgoing = mailReceived(mailFacts({ text: 'é'.repeat(length / 2), newText: '', html: null }));
      assertWithinLimit(outgoing);
      assert.equal(outgoing.isCut, (outgoing.event.data?.bodyUrl ?? null) !== null);
      if (outgoing.event.data?.bodyUrl !== null) cut += 1;
    }
    assert.ok(cut > 0 && cut < 60, `${cut} of 124 were cut`);
  });
});

function assertWithinLimit({ event, properties }: OutgoingMail): void {
  const bytes = Buffer.byteLength(JSON.stringify(event)) + Buffer.byteLength(JSON.stringify(properties));
  assert.ok(bytes <= 60_000, `${bytes} bytes`);
}
