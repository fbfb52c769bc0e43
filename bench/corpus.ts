// A mailbox as a contact centre has it, made from a seed: the same mails every time, of about 40 kB in the mean.
import { createHash } from 'node:crypto';
import { generator } from './random.ts';

const words =
  'pedido entrega cliente número favor devolução quebrado produto não chegou ontem hoje aguardando retorno atendimento nota fiscal café você também order invoice delivery customer please refund broken return account ticket'.split(
    ' ',
  );

/** `count` mails: half text and HTML, some with an image inside, some with a PDF, a few large photographs. */
export function* corpus(count: number): Generator<Buffer> {
  for (let n = 0; n < count; n++) {
    const random = generator(n + 42);
    const between = (low: number, high: number) => Math.floor(low + random() * (high - low));
    const sentence = () =>
      `${Array.from({ length: between(8, 25) }, () => words[between(0, words.length)]).join(' ')}.`;
    const paragraphs = Array.from({ length: between(4, 24) }, sentence);
    const text = paragraphs.join('\r\n\r\n');
    const html = `<html><body>${paragraphs.map(p => `<p style="font-family:Arial;color:#333">${p}</p>`).join('')}</body></html>`;
    const kind = random();
    const alternative = multipart('alternative', 'a', [plain('plain', text), plain('html', html)]);
    let body = kind < 0.15 ? plain('plain', text) : alternative;
    if (kind > 0.7 && kind < 0.85)
      body = multipart('mixed', 'm', [alternative, file('image/png', 'logo.png', between(3_000, 30_000), n)]);
    if (kind >= 0.85 && kind < 0.98)
      body = multipart('mixed', 'm', [
        alternative,
        file('application/pdf', 'nota.pdf', between(20_000, 160_000), n),
      ]);
    if (kind >= 0.98)
      body = multipart('mixed', 'm', [
        alternative,
        file('image/jpeg', 'foto.jpg', between(150_000, 1_000_000), n),
      ]);
    yield Buffer.from(`${headers(n, between)}${body}\r\n`);
  }
}

/** The mail of a number, of a few lines; with an attachment of so many bytes, if any. */
export function mailOf(n: number, attachmentBytes = 0): Buffer {
  const text = plain('plain', `${words.join(' ')}.`);
  const body =
    attachmentBytes === 0
      ? text
      : multipart('mixed', 'm', [text, file('application/pdf', 'nota.pdf', attachmentBytes, n)]);
  return Buffer.from(`${headers(n, low => low)}${body}\r\n`);
}

function headers(n: number, between: (low: number, high: number) => number): string {
  const at = new Date(1_760_000_000_000 + n * 97_000).toUTCString().replace('GMT', '+0000');
  const hops = Array.from(
    { length: between(2, 6) },
    (_, hop) =>
      `Received: from mx${hop}.customer${n % 97}.example (mx${hop} [198.51.100.${hop}])\r\n\tby in.contact.example with ESMTPS id ${n}${hop};\r\n\t${at}\r\n`,
  );
  return [
    ...hops,
    `From: Cliente ${n} <user${n}@customer${n % 97}.example>\r\n`,
    `To: Atendimento <bench@contact.example>\r\nSubject: Pedido ${n}\r\nDate: ${at}\r\n`,
    `Message-ID: <${n}@customer.example>\r\nMIME-Version: 1.0\r\n`,
  ].join('');
}

function plain(subtype: string, content: string): string {
  const lines = Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\r\n');
  return `Content-Type: text/${subtype}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}`;
}

function multipart(subtype: string, boundary: string, parts: string[]): string {
  const between = parts.map(part => `--=_${boundary}\r\n${part}\r\n`).join('');
  return `Content-Type: multipart/${subtype}; boundary="=_${boundary}"\r\n\r\n${between}--=_${boundary}--\r\n`;
}

function file(type: string, name: string, bytes: number, seed: number): string {
  const block = createHash('sha512').update(String(seed)).digest();
  const content = Buffer.alloc(bytes, block).toString('base64').replace(/.{76}/g, '$&\r\n');
  return `Content-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=${name}\r\n\r\n${content}`;
}
