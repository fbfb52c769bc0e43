// Fifty mails of ten kinds, each with what the platform must be told of it. Written here by hand, not by the code under test.
import { createHash } from 'node:crypto';

export type Expected = {
  subject: string;
  from: string;
  /** Part of the text. */
  text: string;
  attachments: { name: string; type: string; sha256: string; sizeBytes: number }[];
  automatic: boolean;
  bounced: string[];
};

export type MixedMail = { kind: string; raw: Buffer; expected: Expected };

type Kind = (n: number) => { head: string[]; body: string | Buffer; expected: Partial<Expected> };

const kinds: Record<string, Kind> = {
  'plain ascii': n => ({
    head: ['Content-Type: text/plain; charset=us-ascii'],
    body: `Order ${n} has not arrived.\r\n.dot at the start\r\nFrom the beginning\r\n`,
    expected: { text: `Order ${n} has not arrived.\n.dot at the start\nFrom the beginning` },
  }),
  'latin-1, quoted-printable': n => ({
    head: ['Content-Type: text/plain; charset=iso-8859-1', 'Content-Transfer-Encoding: quoted-printable'],
    body: `Reclama=E7=E3o n=FAmero ${n}: n=E3o chegou=\r\n ainda.\r\n`,
    expected: { text: `Reclamação número ${n}: não chegou ainda.` },
  }),
  'utf-8, 8 bit': n => ({
    head: ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit'],
    body: `Grüße, заказ, 注文 ${n} 🙂\r\n`,
    expected: { text: `Grüße, заказ, 注文 ${n} 🙂` },
  }),
  'windows-1252, 8 bit': n => ({
    head: ['Content-Type: text/plain; charset=windows-1252', 'Content-Transfer-Encoding: 8bit'],
    body: Buffer.concat([
      Buffer.from(`Pre`),
      Buffer.from([0xe7]),
      Buffer.from(`o: `),
      Buffer.from([0x80]),
      Buffer.from(` ${n}\r\n`),
    ]),
    expected: { text: `Preço: € ${n}` },
  }),
  'ISO-2022-JP': n => ({
    head: ['Content-Type: text/plain; charset=ISO-2022-JP', 'Content-Transfer-Encoding: 7bit'],
    body: `\x1b$BCmJ8\x1b(B ${n}\r\n`,
    expected: { text: `注文 ${n}` },
  }),
  'HTML alone': n => ({
    head: ['Content-Type: text/html; charset=utf-8'],
    body: `<html><body onload="x()"><script>steal()</script><p>Pedido <b>${n}</b></p></body></html>`,
    expected: { text: `Pedido ${n}` },
  }),
  attachments: n => {
    const pdf = Buffer.from(`%PDF-1.4 ${'x'.repeat(3000 + n)}`);
    const csv = Buffer.from(`a;b\r\n${n};2\r\n`);
    return {
      head: ['Content-Type: multipart/mixed; boundary="=_b"'],
      body: [
        '--=_b',
        'Content-Type: text/plain; charset=utf-8',
        '',
        `Seguem os anexos ${n}`,
        '--=_b',
        "Content-Type: application/pdf; name*=UTF-8''nota%20%C3%A7%20.pdf",
        'Content-Transfer-Encoding: base64',
        "Content-Disposition: attachment; filename*=UTF-8''nota%20%C3%A7.pdf",
        '',
        base64(pdf),
        '--=_b',
        'Content-Type: text/csv',
        'Content-Transfer-Encoding: base64',
        'Content-Disposition: attachment; filename="../dados.csv"',
        '',
        base64(csv),
        '--=_b--',
        '',
      ].join('\r\n'),
      expected: {
        text: `Seguem os anexos ${n}`,
        attachments: [
          { name: 'nota ç.pdf', type: 'application/pdf', sha256: sha256(pdf), sizeBytes: pdf.length },
          { name: 'dados.csv', type: 'text/csv', sha256: sha256(csv), sizeBytes: csv.length },
        ],
      },
    };
  },
  'automatic reply': n => ({
    head: ['Auto-Submitted: auto-replied', 'Content-Type: text/plain; charset=utf-8'],
    body: `Estou ausente ${n}.\r\n`,
    expected: { text: `Estou ausente ${n}.`, automatic: true },
  }),
  bounce: n => ({
    head: ['Return-Path: <>', 'Content-Type: multipart/report; report-type=delivery-status; boundary="=_r"'],
    body: [
      '--=_r',
      'Content-Type: text/plain',
      '',
      `Undeliverable ${n}`,
      '--=_r',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.example.com',
      '',
      `Final-Recipient: rfc822; gone${n}@example.net`,
      'Action: failed',
      'Status: 5.1.1',
      '',
      '--=_r--',
      '',
    ].join('\r\n'),
    expected: { text: `Undeliverable ${n}`, automatic: true, bounced: [`gone${n}@example.net`] },
  }),
  broken: n => ({
    head: ['Content-Type: multipart/mixed; boundary=never', 'Date: yesterday', 'X-Raw: \xff\xfe'],
    body: `--never\r\nContent-Type: text/plain; charset=x-unknown\r\n\r\nStill readable ${n}\r\n`,
    expected: { text: `Still readable ${n}` },
  }),
};

/** `count` mails, each kind in turn. */
export function mixedMails(count: number): MixedMail[] {
  const all = Object.entries(kinds);
  return Array.from({ length: count }, (_, n) => {
    const [kind, build] = all[n % all.length]!;
    const { head, body, expected } = build(n);
    const from = `customer${n}@example.net`;
    const subject = `${kind} ${n}`;
    const headers = [
      `From: Customer ${n} <${from}>`,
      'To: contact@example.com',
      `Subject: ${subject}`,
      `Message-ID: <${n}.${kind.replace(/\W+/g, '-')}@example.net>`,
      'MIME-Version: 1.0',
      ...head,
    ];
    return {
      kind,
      raw: Buffer.concat([Buffer.from(`${headers.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]),
      expected: { subject, from, text: '', attachments: [], automatic: false, bounced: [], ...expected },
    };
  });
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function base64(bytes: Buffer): string {
  return (bytes.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n');
}
