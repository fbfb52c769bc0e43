// Bounces that servers write for people to read: whom they name, and that they name nobody else.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Classification } from '../../shared/domain/mail/mail.ts';
import { parse } from '../../shared/mime/parse.ts';

const us = 'suporte@loja.example';

async function classified(header: string[], text: string): Promise<Classification> {
  const raw = [`To: ${us}`, ...header, 'Content-Type: text/plain; charset=utf-8', '', text].join('\r\n');
  return (await parse(Buffer.from(raw), { ownAddresses: [us] })).mail.classification;
}

const addressesOf = ({ bounce }: Classification) => bounce?.recipients.map(({ address }) => address);

/** A server, the header of its report, its words; everywhere `ana@cliente.example.br` did not get the mail. */
const reports: [server: string, header: string[], text: string][] = [
  [
    'Exchange 2003',
    ['From: System Administrator <postmaster@mx.example>', 'Subject: Undeliverable: Pedido'],
    `Your message did not reach some or all of the intended recipients.

      To:\tbia@outra.example
      Subject:\tPedido
      Sent:\t3/6/2024 10:00 AM

The following recipient(s) could not be reached:

      ana@cliente.example.br on 3/6/2024 10:00 AM
            The e-mail account does not exist at the organization this message was sent to.
            <mx.example #5.1.1>`,
  ],
  [
    'Exchange in Portuguese',
    ['From: <postmaster@mx.example>', 'Subject: Não é possível entregar: Pedido'],
    `Falha na entrega a estes destinatários ou grupos:

ana@cliente.example.br<mailto:ana@cliente.example.br>
O endereço de email inserido não pôde ser encontrado.

Informações de diagnóstico para administradores:
Servidor gerador: mx.example
ana@cliente.example.br
Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'`,
  ],
  [
    'Exchange in Spanish',
    ['From: <postmaster@mx.example>', 'Subject: No se puede entregar: Pedido'],
    `No se pudo entregar el mensaje a los siguientes destinatarios o grupos:

Ana Souza (ana@cliente.example.br)<mailto:ana@cliente.example.br>
No se encontró la dirección de correo.`,
  ],
  [
    'Exchange in German',
    ['From: <postmaster@mx.example>', 'Subject: Unzustellbar: Pedido'],
    `Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:

ana@cliente.example.br<mailto:ana@cliente.example.br>
Die eingegebene E-Mail-Adresse konnte nicht gefunden werden.`,
  ],
  [
    'Exchange in French',
    ['From: <postmaster@mx.example>', 'Subject: Non remis : Pedido'],
    `Échec de la remise pour ces destinataires ou groupes :

ana@cliente.example.br<mailto:ana@cliente.example.br>
L’adresse de messagerie que vous avez saisie est introuvable.`,
  ],
  [
    'Office 365',
    [
      'From: Microsoft Outlook <microsoftexchange329e71ec88ae4615bbc36ab6ce41109e@mx.example>',
      'Subject: Undeliverable: Pedido',
    ],
    `Your message to ana@cliente.example.br couldn't be delivered.
ana wasn't found at cliente.example.br.
suporte\tOffice 365\tana
Action Required\t\tRecipient
Unknown To address`,
  ],
  [
    'Gmail',
    [
      'From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
      'Subject: Delivery Status Notification (Failure)',
    ],
    `** Address not found **

Your message wasn't delivered to ana@cliente.example.br because the address couldn't be found, or is unable to receive mail.

Learn more here: https://support.example/mail/?p=NoSuchUser

The response was:

550 5.1.1 The email account that you tried to reach does not exist.`,
  ],
  [
    'Gmail, as it was',
    [
      'From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
      'Subject: Delivery Status Notification (Failure)',
    ],
    `Delivery to the following recipient failed permanently:

     ana@cliente.example.br

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the server for the recipient domain cliente.example.br by mx.cliente.example.br. [192.0.2.1].

----- Original message -----

From: Suporte <${us}>
To: outra@pessoa.example
Message-ID: <original@loja.example>`,
  ],
  [
    'Postfix',
    ['From: MAILER-DAEMON@mx.example (Mail Delivery System)', 'Subject: Undelivered Mail Returned to Sender'],
    `This is the mail system at host mx.example.

For further assistance, please send mail to postmaster.

<ana@cliente.example.br> (expanded from <bia@outra.example>): host
    mx.cliente.example.br[192.0.2.1] said: 550 5.1.1 <ana@cliente.example.br>: Recipient
    address rejected: User unknown in virtual mailbox table`,
  ],
  [
    'Exim',
    [
      'From: Mail Delivery System <Mailer-Daemon@mx.example>',
      'Subject: Mail delivery failed: returning message to sender',
    ],
    `A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ana@cliente.example.br
    (generated from bia@outra.example)
    SMTP error from remote mail server after RCPT TO:<ana@cliente.example.br>:
    host mx.cliente.example.br [192.0.2.1]: 550 5.1.1 User unknown`,
  ],
  [
    'sendmail',
    [
      'From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>',
      'Subject: Returned mail: see transcript for details',
    ],
    `The original message was received at Mon, 3 Jun 2024 10:00:00 -0300
from localhost [127.0.0.1]

   ----- The following addresses had permanent fatal errors -----
<ana@cliente.example.br>
    (reason: 550 5.1.1 <ana@cliente.example.br>... User unknown)

   ----- Transcript of session follows -----
... while talking to mx.cliente.example.br.:
>>> RCPT To:<ana@cliente.example.br>
<<< 550 5.1.1 <ana@cliente.example.br>... User unknown`,
  ],
  [
    'Domino',
    ['From: Postmaster@mx.example', 'Subject: DELIVERY FAILURE: User ana not listed in Domino Directory'],
    `Your message

  Subject: Pedido

was not delivered to:

  ana@cliente.example.br

because:

  User ana (ana@cliente.example.br) not listed in Domino Directory`,
  ],
  [
    'IMail',
    ['From: Postmaster <postmaster@mx.example>', 'Subject: Undeliverable Mail'],
    `Unknown user: ana@cliente.example.br

RCPT To:<ana@cliente.example.br>


Original message follows.

From: ${us}
To: outra@pessoa.example`,
  ],
  [
    'MDaemon',
    [
      'From: MDaemon at mx.example <MDaemon@mx.example>',
      'Subject: WARNING: ana@cliente.example.br - User unknown!',
    ],
    `The following data may contain sections which represent BASE64 encoded
file attachments.

------------------------
The following addresses had delivery errors:

   ana@cliente.example.br

550 Requested action not taken: mailbox unavailable`,
  ],
  [
    'Yahoo',
    ['From: MAILER-DAEMON@yahoo.example', 'Subject: Failure Notice'],
    `Sorry, we were unable to deliver your message to the following address.

<ana@cliente.example.br>:
554: delivery error: dd This user doesn't have a cliente.example.br account (ana@cliente.example.br) [0] - mta1.example

--- Below this line is a copy of the message.

To: outra@pessoa.example`,
  ],
  [
    'Zoho',
    ['From: mailer-daemon@mail.zoho.example', 'Subject: Undelivered Mail Returned to Sender'],
    `This message was created automatically by mail delivery software.
 A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.

ana@cliente.example.br Invalid address, ERROR_CODE :550, ERROR_CODE :5.1.1 <ana@cliente.example.br>: Recipient address rejected`,
  ],
  [
    'mail.ru',
    ['From: mailer-daemon@corp.example', 'Subject: Mail failure.'],
    `Это письмо создано автоматически сервером, отвечать на него не нужно.

К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:

**********************

This message was created automatically by mail delivery software.
A message that you sent could not be delivered to one or more of its recipients.

The following address(es) failed:

  ana@cliente.example.br
    user not found`,
  ],
  [
    'a server of KDDI',
    ['From: Postmaster@kddi.example', 'Subject: Mail System Error - Returned Mail'],
    `Your mail sent on: Mon, 3 Jun 2024 10:00:00 +0900
Could not be delivered to: <ana@cliente.example.br>
As their mailbox is full.`,
  ],
  [
    'a Japanese server',
    ['From: MAILER-DAEMON@mx.example', 'Subject: 配信できませんでした'],
    '次の宛先ana@cliente.example.brへのメールは配信できませんでした。',
  ],
  [
    'DragonFly',
    ['From: MAILER-DAEMON <>', 'Subject: Mail delivery failed'],
    `There was an error delivering your mail to <ana@cliente.example.br>.

mx.cliente.example.br [192.0.2.1] did not like our RCPT TO:
550 5.1.1 <ana@cliente.example.br>: Recipient address rejected

Message headers follow.

From: <${us}>
To: <outra@pessoa.example>`,
  ],
  [
    'OpenSMTPD',
    ['From: Mailer Daemon <MAILER-DAEMON@mx.example>', 'Subject: Delivery status notification: error'],
    `    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

ana@cliente.example.br: 550 5.1.1 <ana@cliente.example.br>: User unknown

    Below is a copy of the original message:

To: outra@pessoa.example`,
  ],
  [
    'Amazon SES',
    ['From: MAILER-DAEMON@amazonses.example', 'Subject: Delivery Status Notification (Failure)'],
    `An error occurred while trying to deliver the mail to the following recipients:
ana@cliente.example.br`,
  ],
  [
    'X.400',
    ['From: Postmaster@mx.example', 'Subject: Non-Delivery Report'],
    `Your message was not delivered.

Recipient address: ana@cliente.example.br
Reason: unrecognised OR name`,
  ],
  [
    'Apache James',
    ['From: postmaster@mx.example', 'Subject: [BOUNCE] Pedido'],
    `Hi. This is the James mail server at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

ana@cliente.example.br

Error message below:
550 - User unknown`,
  ],
  [
    'a server in Portuguese',
    ['From: MAILER-DAEMON@mx.example', 'Subject: Mensagem devolvida'],
    `A sua mensagem não pôde ser entregue ao destinatário: ana@cliente.example.br.
Motivo: caixa postal cheia.`,
  ],
  [
    'one that names the sender first',
    ['From: mailer-daemon@mx.example', 'Subject: Undeliverable message'],
    `A message from <outra@pessoa.example> to <ana@cliente.example.br> could not be delivered.
Contact postmaster@ajuda.example if you need help.`,
  ],
  [
    'one whose From is nobody and who says nothing but the null sender',
    ['Return-Path: <>', 'From: Servidor <avisos@mx.example>', 'Subject: Pedido'],
    `Delivery has failed to these recipients:
'ana@cliente.example.br'`,
  ],
  [
    'one that lost its null sender on the way',
    ['From: Correio <correio@mx.example>', 'Subject: Undelivered Mail Returned to Sender'],
    `I could not deliver your message.

<ana@cliente.example.br>: 550 user unknown`,
  ],
];

describe('a bounce in prose', () => {
  for (const [server, header, text] of reports) {
    it(`of ${server} names who did not get the mail`, async () => {
      assert.deepEqual(addressesOf(await classified(header, text)), ['ana@cliente.example.br']);
    });
  }

  const daemon = ['From: mailer-daemon@mx.example', 'Subject: Undelivered Mail'];
  const wholes: [written: string, address: string][] = [
    ['ana@cliente.example.br Invalid address', 'ana@cliente.example.br'],
    ['ana@cliente.example.br, user unknown', 'ana@cliente.example.br'],
    ['ana@cliente.example.br.', 'ana@cliente.example.br'],
    ['ana@cliente.example.br... User unknown', 'ana@cliente.example.br'],
    ['<SMTP:ana@cliente.example.br>', 'ana@cliente.example.br'],
    ['[mailto:ana@cliente.example.br]', 'ana@cliente.example.br'],
    ['to=ana@cliente.example.br', 'ana@cliente.example.br'],
    ["o'brien+loja@cliente.example", "o'brien+loja@cliente.example"],
    ['*ana@cliente.example*', 'ana@cliente.example'],
    ['josé@café.example', 'josé@café.example'],
    ['1. ana_souza-2@cliente-2.example', 'ana_souza-2@cliente-2.example'],
  ];
  for (const [written, address] of wholes) {
    it(`reads "${written}" as ${address}`, async () => {
      const text = `Your mail could not be delivered to the following recipients:\n\n${written}\n`;
      assert.deepEqual(addressesOf(await classified(daemon, text)), [address]);
    });
  }

  it('names nobody rather than a piece of an address', async () => {
    for (const written of [
      'ana@cliente.example/caixa',
      'ana@cliente',
      `${'a'.repeat(200)}@cliente.example`,
    ]) {
      const text = `Your mail could not be delivered to the following recipients:\n\n${written}\n`;
      assert.deepEqual(addressesOf(await classified(daemon, text)), [], written);
    }
  });

  it('lists several, each with what was said of it', async () => {
    const text = `Could not be delivered to the following addresses.

<ana@cliente.example>:
Remote host said: 552 5.2.2 Mailbox full

<bia@cliente.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 User unknown`;
    const { bounce } = await classified(daemon, text);
    assert.deepEqual(
      bounce?.recipients.map(({ address, status }) => [address, status]),
      [
        ['ana@cliente.example', '5.2.2'],
        ['bia@cliente.example', '5.1.1'],
      ],
    );
  });

  it('that warns of a delay says so', async () => {
    const text = `A message that you sent has not yet been delivered to one or more of its recipients.

  ana@cliente.example`;
    const header = ['From: Mailer-Daemon@mx.example', 'Subject: Warning: message 1sE delayed 24 hours'];
    assert.equal((await classified(header, text)).bounce?.recipients[0]?.action, 'delayed');
  });

  it('names no sender that was refused', async () => {
    const text = `Your mail could not be delivered.
550 5.1.8 <volta+42@envios.example>: Sender address rejected
Sender address: volta+42@envios.example
Sent to: <ana@cliente.example>`;
    assert.deepEqual(addressesOf(await classified(daemon, text)), ['ana@cliente.example']);
  });

  it('names nobody whom it names for help', async () => {
    const text = `Your mail could not be delivered.
For further assistance, please send mail to <postmaster@ajuda.example>
or to our people, atende@ajuda.example.`;
    assert.deepEqual(addressesOf(await classified(daemon, text)), []);
  });

  it('takes no IP address for a status', async () => {
    const text = '<ana@cliente.example>: host 5.1.12.7 said: 550 no';
    assert.equal((await classified(daemon, text)).bounce?.recipients[0]?.status, null);
  });

  it('that names nobody failed for the only one whom the returned mail went to', async () => {
    const returned = (to: string) =>
      `Message could not be delivered.\n\nOriginal Message:\nFrom: ${us}\nTo: ${to}\nMessage-ID: <1@loja.example>\n`;
    const one = await classified(daemon, returned('ana@cliente.example'));
    assert.deepEqual(addressesOf(one), ['ana@cliente.example']);
    assert.equal(one.bounce?.originalMessageId, '<1@loja.example>');
    assert.deepEqual(addressesOf(await classified(daemon, returned('ana@a.example, bia@b.example'))), []);
  });
});

describe('a notification of Amazon SES', () => {
  const notification = (type: string) =>
    JSON.stringify({
      Type: 'Notification',
      Message: JSON.stringify({
        notificationType: type,
        bounce: {
          bouncedRecipients: [
            {
              emailAddress: 'ana@cliente.example',
              action: 'failed',
              status: '5.1.1',
              diagnosticCode: 'smtp; 550 no',
            },
          ],
        },
        mail: { commonHeaders: { from: [us], messageId: '<1@loja.example>' } },
      }),
    }).replace('"failed', '"fai!\r\n led');
  const header = ['From: no-reply@sns.example', 'Subject: AWS Notification', 'x-amz-sns-message-id: 1'];

  it('is a bounce, read where lines were broken too', async () => {
    const { bounce } = await classified(header, notification('Bounce'));
    assert.deepEqual(bounce, {
      recipients: [
        { address: 'ana@cliente.example', status: '5.1.1', action: 'failed', diagnostic: '550 no' },
      ],
      originalMessageId: '<1@loja.example>',
    });
  });

  it('is none when it tells of a delivery', async () => {
    assert.equal((await classified(header, notification('Delivery'))).bounce, null);
  });
});

describe('no bounce', () => {
  const others: [what: string, header: string[], text: string][] = [
    [
      'a success',
      ['From: mailer-daemon@mx.example', 'Subject: Successful Mail Delivery Report'],
      'Delivered: <ana@cliente.example>',
    ],
    [
      'a person who writes of one',
      ['From: ana@cliente.example', 'Subject: Mail delivery failed?'],
      'A entrega falhou: could not be delivered',
    ],
    [
      'a person who forwards one',
      ['From: ana@cliente.example', 'Subject: Fwd: Undelivered Mail Returned to Sender'],
      'Your mail could not be delivered.\n\n<bia@cliente.example>: 550 user unknown',
    ],
    [
      'an answer out of office to a question about one',
      ['Return-Path: <>', 'From: ana@cliente.example', 'Subject: Automatic reply: Mail delivery failed'],
      'I am out of the office. My mails are not delivered to bia@cliente.example.',
    ],
    [
      'a person whose From has no address',
      ['From: Ana', 'Subject: Pedido'],
      'O pedido da bia@cliente.example is not delivered yet.',
    ],
    [
      'an answer out of office with a null sender',
      ['Return-Path: <>', 'From: ana@cliente.example', 'Subject: Automatic reply: Pedido'],
      'I am out of the office. Your mail was not delivered to anybody else.',
    ],
  ];
  for (const [what, header, text] of others) {
    it(`is ${what}`, async () => {
      assert.equal((await classified(header, text)).bounce, null);
    });
  }
});
