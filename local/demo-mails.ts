// A dozen mails as a contact centre gets them: the demo's mailbox, and a small example of what real mail looks like.

export type DemoMail = { raw: Buffer; receivedAt: Date };

type Header = [name: string, value: string];

const CRLF = '\r\n';
const to = 'Atendimento <atendimento@demo.example>';

/** The mails, received one after another in the hours before `now`. */
export function demoMails(now: Date): DemoMail[] {
  const builders = [
    accents,
    alternative,
    pdfAttached,
    inlineImage,
    replyWithQuote,
    automaticReply,
    bounce,
    japanese,
    newsletter,
    forwarded,
    long,
    broken,
  ];
  return builders.map((build, index) => {
    const receivedAt = new Date(
      Math.floor(now.getTime() / 1000) * 1000 - (builders.length - index) * 17 * 60_000,
    );
    return { raw: build(receivedAt), receivedAt };
  });
}

function accents(at: Date): Buffer {
  const text =
    'Olá,\r\n\r\nMinha encomenda não chegou até hoje. Já são três semanas!\r\nNúmero do pedido: 4711.\r\n\r\nAtenciosamente,\r\nJoão Conceição\r\n';
  return mail(
    [
      ...usual(at, '=?iso-8859-1?Q?Jo=E3o_Concei=E7=E3o?= <joao@cliente.example>', 'accents'),
      ['Subject', '=?iso-8859-1?Q?Reclama=E7=E3o:_pedido_n=E3o_entregue?='],
      ['Content-Type', 'text/plain; charset=iso-8859-1'],
      ['Content-Transfer-Encoding', 'quoted-printable'],
    ],
    quotedPrintable(Buffer.from(text, 'latin1')),
  );
}

function alternative(at: Date): Buffer {
  return mail(
    [...usual(at, 'Ana Souza <ana@cliente.example>', 'alternative'), ['Subject', 'Segunda via do boleto']],
    multipart('alternative', [
      part('text/plain; charset=utf-8', 'Preciso da segunda via do boleto de novembro. Obrigada! Ana'),
      part(
        'text/html; charset=utf-8',
        '<p>Preciso da <b>segunda via</b> do boleto de novembro.</p><p>Obrigada!<br>Ana</p>',
      ),
    ]),
  );
}

function pdfAttached(at: Date): Buffer {
  const pdf = Buffer.from(`%PDF-1.4\n% comprovante\n${'0123456789'.repeat(2000)}\n%%EOF\n`);
  return mail(
    [...usual(at, 'Carlos Lima <carlos@cliente.example>', 'pdf'), ['Subject', 'Comprovante de pagamento']],
    multipart('mixed', [
      part('text/plain; charset=utf-8', 'Segue em anexo o comprovante.'),
      base64Part('application/pdf', pdf, "attachment; filename*=UTF-8''comprovante%20mar%C3%A7o.pdf"),
    ]),
  );
}

function inlineImage(at: Date): Buffer {
  const dot =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  return mail(
    [...usual(at, 'Beatriz Rocha <bia@cliente.example>', 'inline'), ['Subject', 'O produto chegou quebrado']],
    multipart('related', [
      part(
        'text/html; charset=utf-8',
        '<p>Vejam a foto:</p><img src="cid:foto1@cliente.example" alt="foto">',
      ),
      base64Part(
        'image/png',
        Buffer.from(dot, 'base64'),
        'inline; filename=foto.png',
        '<foto1@cliente.example>',
      ),
    ]),
  );
}

function replyWithQuote(at: Date): Buffer {
  return mail(
    [
      ...usual(at, 'Ana Souza <ana@cliente.example>', 'reply'),
      ['Subject', 'Re: Segunda via do boleto'],
      ['In-Reply-To', '<alternative@cliente.example>'],
      ['References', '<alternative@cliente.example>'],
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Transfer-Encoding', '8bit'],
    ],
    'Recebi, muito obrigada!\r\n\r\nEm seg., 2 de nov. de 2026 às 10:00, Atendimento <atendimento@demo.example> escreveu:\r\n> Segue a segunda via.\r\n> Atendimento\r\n',
  );
}

function automaticReply(at: Date): Buffer {
  return mail(
    [
      ['Return-Path', '<>'],
      ...usual(at, 'Paula Mendes <paula@empresa.example>', 'automatic'),
      ['Subject', 'Ausente do escritório'],
      ['Auto-Submitted', 'auto-replied'],
      ['Content-Type', 'text/plain; charset=utf-8'],
    ],
    'Estou de férias até o dia 30. Em caso de urgência, liguem para a recepção.\r\n',
  );
}

function bounce(at: Date): Buffer {
  const report = [
    'Reporting-MTA: dns; mx.demo.example',
    '',
    'Final-Recipient: rfc822; antigo@cliente.example',
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550 5.1.1 <antigo@cliente.example>: Recipient address rejected: User unknown',
    '',
  ].join(CRLF);
  return mail(
    [
      ['Return-Path', '<>'],
      ...usual(at, 'Mail Delivery System <MAILER-DAEMON@mx.demo.example>', 'bounce'),
      ['Subject', 'Undelivered Mail Returned to Sender'],
      ['Auto-Submitted', 'auto-replied'],
    ],
    multipart('report; report-type=delivery-status', [
      part('text/plain; charset=us-ascii', 'Your mail could not be delivered to antigo@cliente.example.'),
      part('message/delivery-status', report),
      part('text/rfc822-headers', `From: ${to}${CRLF}To: antigo@cliente.example${CRLF}Subject: Seu pedido`),
    ]),
  );
}

function japanese(at: Date): Buffer {
  // "注文番号 (order number) 4711" in ISO-2022-JP, as the bytes are on the wire.
  const text = '\x1b$BCmJ8HV9f\x1b(B 4711\r\n';
  return mail(
    [
      ...usual(at, '=?ISO-2022-JP?B?GyRCOzNFRBsoQg==?= <yamada@kyaku.example>', 'japanese'),
      ['Subject', '=?ISO-2022-JP?B?GyRCQ21KOEhWOWYbKEI=?='],
      ['Content-Type', 'text/plain; charset=ISO-2022-JP'],
      ['Content-Transfer-Encoding', '7bit'],
    ],
    text,
  );
}

function newsletter(at: Date): Buffer {
  const html =
    '<h1 onclick="steal()">Ofertas</h1><script>alert(1)</script><img src="https://rastreio.example/p.gif" width="1" height="1"><p style="color:#c00;position:fixed">Só hoje!</p>';
  return mail(
    [
      ...usual(at, 'Loja <news@loja.example>', 'newsletter'),
      ['Subject', 'Ofertas da semana'],
      ['List-Id', 'Ofertas <ofertas.loja.example>'],
      ['Precedence', 'bulk'],
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Content-Transfer-Encoding', 'base64'],
    ],
    base64(Buffer.from(html)),
  );
}

function forwarded(at: Date): Buffer {
  const inner = mail(
    [
      ...usual(at, 'Fornecedor <vendas@fornecedor.example>', 'inner'),
      ['Subject', 'Prazo de entrega'],
      ['Content-Type', 'text/plain; charset=utf-8'],
    ],
    'O prazo é de dez dias.',
  ).toString('latin1');
  return mail(
    [
      ...usual(at, 'Marcos Alves <marcos@cliente.example>', 'forwarded'),
      ['Subject', 'ENC: Prazo de entrega'],
    ],
    multipart('mixed', [
      part('text/plain; charset=utf-8', 'Vejam o que o fornecedor respondeu.'),
      ['Content-Type: message/rfc822', '', inner].join(CRLF),
      base64Part(
        'text/csv; charset=utf-8',
        Buffer.from('pedido;prazo\r\n4711;10\r\n'),
        'attachment; filename="prazos.csv"',
      ),
    ]),
  );
}

function long(at: Date): Buffer {
  const paragraph =
    'Este é um relato bem longo, com todos os detalhes do que aconteceu desde a compra. '.repeat(12);
  const text = Array.from({ length: 150 }, (_, n) => `${n + 1}. ${paragraph}`).join('\r\n\r\n');
  return mail(
    [
      ...usual(at, 'Rita Prado <rita@cliente.example>', 'long'),
      ['Subject', 'Relato completo'],
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Transfer-Encoding', 'base64'],
    ],
    base64(Buffer.from(text)),
  );
}

/** No Message-ID, an unreadable date, raw bytes in the header, a wrong charset, and a boundary that never ends. */
function broken(_at: Date): Buffer {
  return Buffer.from(
    [
      'From: cliente sem aspas, <quebrado@cliente.example',
      `To: ${to}`,
      'Date: amanh\xe3 de manh\xe3',
      'Subject: n\xe3o funciona =?utf-8?B?quebrado',
      'Content-Type: multipart/mixed; boundary=abc',
      '',
      '--abc',
      'Content-Type: text/plain; charset=x-inexistente',
      'Content-Transfer-Encoding: base64x',
      '',
      'Nada funciona aqui.',
      '--abc',
      'Content-Type: application/octet-stream; name="../../etc/passwd"',
      'Content-Transfer-Encoding: base64',
      '',
      'bmFkYSBkZSBt',
    ].join(CRLF),
    'latin1',
  );
}

function usual(at: Date, from: string, id: string): Header[] {
  return [
    ['From', from],
    ['To', to],
    ['Date', at.toUTCString().replace('GMT', '+0000')],
    ['Message-ID', `<${id}@cliente.example>`],
    ['MIME-Version', '1.0'],
  ];
}

/** Header and body; a body that begins with its own Content-Type (a multipart) goes on with the header. */
function mail(headers: Header[], body: string): Buffer {
  const gap = body.startsWith('Content-Type:') ? '' : CRLF;
  const head = headers.map(([name, value]) => `${name}: ${value}${CRLF}`).join('');
  // Bytes above 127 in a body are UTF-8; ISO-2022-JP, base64 and quoted-printable have none.
  return Buffer.from(`${head}${gap}${body}`, 'utf8');
}

function multipart(subtype: string, parts: string[]): string {
  const boundary = '=_fronteira';
  const between = parts.map(content => `--${boundary}${CRLF}${content}${CRLF}`).join('');
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"${CRLF}${CRLF}${between}--${boundary}--${CRLF}`;
}

function part(type: string, content: string): string {
  return `Content-Type: ${type}${CRLF}Content-Transfer-Encoding: 8bit${CRLF}${CRLF}${content}`;
}

function base64Part(type: string, content: Buffer, disposition: string, contentId?: string): string {
  return [
    `Content-Type: ${type}`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: ${disposition}`,
    ...(contentId === undefined ? [] : [`Content-ID: ${contentId}`]),
    '',
    base64(content),
  ].join(CRLF);
}

/** RFC 2045 6.8: lines of 76 characters. */
function base64(content: Buffer): string {
  return (content.toString('base64').match(/.{1,76}/g) ?? []).join(CRLF);
}

/** RFC 2045 6.7, for text whose lines are short. */
function quotedPrintable(content: Buffer): string {
  return [...content]
    .map(byte =>
      byte > 126 || byte === 61 ? `=${byte.toString(16).toUpperCase()}` : String.fromCharCode(byte),
    )
    .join('');
}
