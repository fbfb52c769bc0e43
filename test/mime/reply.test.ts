// What counts as new in a reply: where the quote begins in many languages, and what only looks like its beginning.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quoteBeginnings } from '../../shared/mime/html-quotes.ts';
import { newText, type Thread } from '../../shared/mime/reply.ts';

const reply: Thread = {
  subject: 'Re: Pedido',
  inReplyTo: ['<1@example.net>'],
  references: ['<1@example.net>'],
};
const firstMail: Thread = { subject: 'Pedido', inReplyTo: [], references: [] };

function ownText(text: string, thread = reply, html = ''): string {
  return newText(text, thread, html).text;
}

/** Sentences that introduce a quote, by the program and the language of whoever answers. */
const attributions: Record<string, string> = {
  'Gmail, Portuguese': 'Em ter., 4 de jun. de 2024 às 10:00, Loja <loja@example.net> escreveu:',
  'Gmail, Portuguese, broken':
    'Em ter., 4 de jun. de 2024 às 10:00, Atendimento da Loja <\nloja@example.net> escreveu:',
  'Gmail, Portugal': 'Loja <loja@example.net> escreveu no dia terça, 4/06/2024 à(s)\n10:00:',
  'Gmail, Portugal, brackets': 'Loja <loja@example.net> escreveu (terça, 4/06/2024 à(s) 10:00):',
  'Gmail, English': 'On Tue, Jun 4, 2024 at 10:00 AM Shop <shop@example.net> wrote:',
  'Gmail, English, broken twice':
    'On Tue, Jun 4, 2024 at 10:00 AM The Customer Service <\nshop@example.net>\nwrote:',
  'Gmail, Spanish': 'El mar, 4 jun 2024 a las 10:00, Tienda (<tienda@example.net>) escribió:',
  'Gmail, French': 'Le mar. 4 juin 2024 à 10:00, Boutique <boutique@example.net> a écrit :',
  'Gmail, Italian': 'Il giorno mar 4 giu 2024 alle ore 10:00 Negozio <negozio@example.net> ha scritto:',
  'Gmail, German': 'Am Di., 4. Juni 2024 um 10:00 Uhr schrieb Laden <laden@example.net>:',
  'Gmail, Dutch': 'Op di 4 jun 2024 om 10:00 schreef Winkel <winkel@example.net>:',
  'Gmail, Polish': 'wt., 4 cze 2024 o 10:00 Sklep <sklep@example.net> napisał(a):',
  'Gmail, Russian': 'вт, 4 июн. 2024 г. в 10:00, Лавка <lavka@example.net>:',
  'Gmail, Ukrainian': 'вт, 4 черв. 2024 р. о 10:00 Крамниця <kram@example.net> пише:',
  'Gmail, Finnish': 'ti 4. kesäk. 2024 klo 10.00 Kauppa (kauppa@example.net) kirjoitti:',
  'Gmail, Finnish, broken': 'ti 4. kesäkuuta 2024 klo 10.00 Kauppa\n<kauppa@example.net> kirjoitti:',
  'Gmail, Swedish': 'Den tis 4 juni 2024 kl 10:00 skrev Butiken <butik@example.net>:',
  'Gmail, Danish': 'Den tirs. 4. jun. 2024 kl. 10.00 skrev Butik <butik@example.net>:',
  'Gmail, Czech': 'út 4. 6. 2024 v 10:00 odesílatel Obchod <obchod@example.net> napsal:',
  'Gmail, Romanian': 'Pe mar., 4 iun. 2024 la 10:00, Magazin <magazin@example.net> a scris:',
  'Gmail, Hungarian': 'Bolt <bolt@example.net> ezt írta (időpont: 2024. jún. 4., K, 10:00):',
  'Gmail, Turkish': 'Dükkan <dukkan@example.net>, 4 Haz 2024 Sal, 10:00 tarihinde şunu yazdı:',
  'Gmail, Greek': 'Στις Τρί 4 Ιουν 2024 στις 10:00 π.μ., ο χρήστης Μαγαζί <shop@example.net> έγραψε:',
  'Gmail, Japanese': '2024年6月4日(火) 10:00 店 <mise@example.net>:',
  'Gmail, Chinese': '商店 <shop@example.net> 于2024年6月4日周二 10:00写道：',
  'Gmail, Korean': '2024년 6월 4일 (화) 오전 10:00, 가게 <shop@example.net>님이 작성:',
  'Gmail of ten years ago': '2014-06-04 10:00 GMT-03:00 Loja <loja@example.net>:',
  'Apple Mail, Portuguese': 'Em 4 de jun. de 2024, à(s) 10:00, Loja <loja@example.net> escreveu:',
  'Apple Mail, English': 'On 4 Jun 2024, at 10:00, Shop <shop@example.net> wrote:',
  'Apple Mail, Spanish': 'El 4 jun 2024, a las 10:00, Tienda <tienda@example.net> escribió:',
  'Apple Mail, French': 'Le 4 juin 2024 à 10:00, Boutique <boutique@example.net> a écrit :',
  'Apple Mail, German': 'Am 04.06.2024 um 10:00 schrieb Laden <laden@example.net>:',
  'Apple Mail, Italian': 'Il giorno 4 giu 2024, alle ore 10:00, Negozio <negozio@example.net> ha scritto:',
  'Apple Mail, Dutch': 'Op 4 jun. 2024, om 10:00 heeft Winkel <winkel@example.net> het volgende geschreven:',
  'Apple Mail, Russian': '4 июня 2024 г., в 10:00, Лавка <lavka@example.net> написал(а):',
  'Apple Mail, Polish':
    'Wiadomość napisana przez Sklep <sklep@example.net> w dniu 4 cze 2024, o godz. 10:00:',
  'Apple Mail, Finnish': 'Kauppa <kauppa@example.net> kirjoitti 4.6.2024 kello 10.00:',
  'Apple Mail, Norwegian': '4. jun. 2024 kl. 10:00 skrev Butikk <butikk@example.net>:',
  'Thunderbird, Portuguese': 'Em 04/06/2024 10:00, Loja escreveu:',
  'Thunderbird, English': 'On 6/4/24 10:00 AM, Shop wrote:',
  'Thunderbird, German': 'Am 04.06.24 um 10:00 schrieb Laden:',
  'Thunderbird, Spanish': 'El 04/06/2024 a las 10:00, Tienda escribió:',
  'Thunderbird, Italian': 'Il 04/06/2024 10:00, Negozio ha scritto:',
  'Thunderbird, Polish': 'W dniu 4.06.2024 o 10:00, Sklep pisze:',
  'Thunderbird, Dutch': 'Op 04-06-2024 om 10:00 schreef Winkel:',
  'Yahoo, Portuguese':
    'Em terça-feira, 4 de junho de 2024 às 10:00:00 BRT, Loja <loja@example.net> escreveu:',
  'Yahoo, Spanish': 'El martes, 4 de junio de 2024, 10:00:00 GMT-5, Tienda <tienda@example.net> escribió:',
  'Outlook on telephones':
    'On Tue, Jun 4, 2024 at 10:00 AM -0300, "Shop" <shop@example.net<mailto:shop@example.net>> wrote:',
  Yandex: '04.06.2024, 10:00, "Loja" <loja@example.net>:',
  'Mail.ru': 'Вторник, 4 июня 2024, 10:00 +03:00 от Лавка <lavka@example.net>:',
  Zoho: '---- On Tue, 04 Jun 2024 10:00:00 -0300 Shop <shop@example.net> wrote ----',
  Proton: 'On Tuesday, June 4th, 2024 at 10:00 AM, Shop <shop@example.net> wrote:',
  Roundcube: 'Em 2024-06-04 10:00, Loja escreveu:',
  FastMail: 'On Tue, Jun 4, 2024, at 10:00 AM, Shop wrote:',
  Evolution: 'Em ter, 2024-06-04 às 10:00 -0300, Loja escreveu:',
  'The Bat': 'Tuesday, June 4, 2024, 10:00:00 AM, you wrote:',
  mutt: 'On Tue, Jun 04, 2024 at 10:00:00AM -0300, Shop wrote:',
  Spark: 'On 4 Jun 2024 at 10:00 -0300, Shop <shop@example.net>, wrote:',
  'Gmail on telephones, broken before the address':
    'On Tuesday, June 4, 2024 at 10:00 AM GMT-3, The Customer Service\n<shop@example.net> wrote:',
  'Gmail, German, name first': 'Laden <laden@example.net> schrieb am Di., 4.\nJuni 2024, 10:00:',
  'Gmail, Italian, broken within the date':
    'Il giorno mar 4 giu\n2024 alle ore 10:00 Negozio <negozio@example.net> ha scritto:',
  'Yahoo, broken within the date':
    'El martes, 4 de junio de 2024,\n10:00:00 GMT-3, Tienda <tienda@example.net> escribió:',
  'a name and an address alone': 'Serviço de Atendimento <loja@example.net> escreveu:',
};

/** Header lines of the mail below, none of whose lines is marked as quoted. */
const headers: Record<string, string> = {
  'Outlook, Portuguese':
    'De: Loja <loja@example.net>\nEnviada em: terça-feira, 4 de junho de 2024 10:00\nPara: Ana\nAssunto: RE: Pedido',
  'Outlook, without addresses':
    'De: Loja\nEnviado: terça-feira, 4 de junho de 2024 10:00\nPara: Ana\nAssunto: Pedido',
  'Outlook, below a line':
    '________________________________\nDe: Loja <loja@example.net>\nEnviado: 4 de junho de 2024\nPara: Ana\nAssunto: Pedido',
  'Outlook, bold, English': '*From:* Shop <shop@example.net>\n*Sent:* Tuesday\n*To:* Ana\n*Subject:* Order',
  'Outlook, German':
    'Von: Laden <laden@example.net>\nGesendet: Dienstag, 4. Juni 2024 10:00\nAn: Ana\nBetreff: Bestellung',
  'Outlook, French': 'De : Boutique\nEnvoyé : mardi 4 juin 2024 10:00\nÀ : Ana\nObjet : Commande',
  'Outlook, Spanish':
    'De: Tienda <t@example.net>\nEnviado el: martes, 4 de junio de 2024 10:00\nPara: Ana\nAsunto: Pedido',
  'Outlook, Italian': 'Da: Negozio\nInviato: martedì 4 giugno 2024 10:00\nA: Ana\nOggetto: Ordine',
  'Outlook, Dutch': 'Van: Winkel\nVerzonden: dinsdag 4 juni 2024 10:00\nAan: Ana\nOnderwerp: Bestelling',
  'Outlook, Swedish': 'Från: Butiken <b@example.net>\nSkickat: den 4 juni 2024 10:00\nTill: Ana\nÄmne: Order',
  'Outlook, Danish': 'Fra: Butik <b@example.net>\nSendt: 4. juni 2024 10:00\nTil: Ana\nEmne: Ordre',
  'Outlook, Polish': 'Od: Sklep\nWysłane: wtorek, 4 czerwca 2024 10:00\nDo: Ana\nTemat: Zamówienie',
  'Outlook, Russian': 'От: Лавка\nОтправлено: 4 июня 2024 г. 10:00\nКому: Ana\nТема: Заказ',
  'Outlook, Finnish':
    'Lähettäjä: Kauppa\nLähetetty: tiistai 4. kesäkuuta 2024 10.00\nVastaanottaja: Ana\nAihe: Tilaus',
  'Outlook, with a long list of recipients':
    'From: Shop <shop@example.net>\nSent: Tuesday, June 4, 2024 10:00 AM\nTo: Ana <ana@example.com>; Bia <bia@example.com>;\n  Caio <caio@example.com>\nSubject: Order',
  GMX: 'Gesendet: Dienstag, 04. Juni 2024 um 10:00 Uhr\nVon: "Laden" <laden@example.net>\nAn: ana@example.com\nBetreff: Bestellung',
  'Notes, Portuguese':
    'De:        Loja <loja@example.net>\nPara:        ana@example.com\nData:        04/06/2024 10:00\nAssunto:        Pedido',
  'a web mailer, subject first':
    'Assunto: Pedido\nDe: loja@example.net\nPara: ana@example.com\nData: Tue, 4 Jun 2024 10:00:00 -0300',
  'a web mailer, date first':
    'Date: Tue, 4 Jun 2024 10:00:00 -0300\nSubject: Lamp\nFrom: shop@example.net\nTo: ana@example.com',
  'an original message': '-----Mensagem original-----\nDe: Loja\nPara: Ana',
  'Zimbra, Portuguese':
    '----- Mensagem original -----\nDe: "Loja" <loja@example.net>\nPara: "Ana" <ana@example.com>\nEnviadas: Terça-feira, 4 de junho de 2024 10:00:00\nAssunto: Pedido',
  'Samsung Email':
    '-------- Mensagem original --------\nDe : Loja <loja@example.net>\nData: 04/06/2024 10:00 (GMT-03:00)\nPara: Ana\nAssunto: Pedido',
  'a web mailer of Brazil':
    'De: "Loja" <loja@example.net>\nEnviada: 2024/06/04 10:00:00\nPara: ana@example.com\nAssunto: Pedido',
  'Outlook, Chinese':
    '发件人: 商店 <shop@example.net>\n发送时间: 2024年6月4日 10:00\n收件人: Ana\n主题: 订单',
  'an original message, German':
    '-----Ursprüngliche Nachricht-----\nVon: Laden\nGesendet: Dienstag, 4. Juni 2024\nAn: Ana\nBetreff: Bestellung',
};

/** Words of customers that are near to a mark: the whole text is theirs, also in a reply. */
const customersWords: Record<string, string> = {
  'a journey': 'Quero mudar a passagem:\n\nDe: São Paulo\nPara: Recife\nData: 12/04/2025\n\nObrigada',
  'a journey with times':
    'De: São Paulo (GRU) 10:00\nPara: Recife (REC) 13:20\nData: 12/04/2025 às 10:00\n\nPode ser?',
  'a parcel': 'O pacote:\n\nDe: Loja\nPara: Ana Lima, Rua A, 10\nData: 12/04/2025 10:30\n\nNão chegou.',
  'a journey with an address to write to':
    'De: São Paulo\nPara: Recife\nData: 12/04/2025 10:00\nContato: ana@example.com\nPassageira: Ana\n\nPode ser?',
  'a journey, English': 'Please change it:\n\nFrom: Lisbon\nTo: Porto\nDate: May 12, 10:00\n\nThank you',
  'a journey, German': 'Bitte ändern:\n\nVon: Köln\nAn: Bonn\nDatum: 12.04.2025 10:00\n\nDanke',
  'a filled-in form':
    'De: Ana <ana@example.com>\nAssunto: Defeito\nData: 05/03/2025\n\nMensagem:\nParou de gelar.',
  'what somebody wrote, in the middle':
    'Bom dia.\n\nEm 12/03 o técnico escreveu:\n\nTroque a peça.\n\nJá troquei.',
  'what somebody wrote, first':
    'No dia 3 de março o técnico escreveu:\n\nTroca autorizada.\n\nAté hoje nada.',
  'what somebody wrote, with a time':
    'Em 12/03 às 10:00 o técnico escreveu:\n\nTroque a peça.\n\nJá troquei.',
  'what somebody wrote, English': 'On 12 March your technician wrote:\n\nChange the part.\n\nI did.',
  'what somebody wrote, Spanish': 'El 12 de marzo el técnico escribió:\n\nCambie la pieza.\n\nYa lo hice.',
  'what somebody wrote, German': 'Am 12. März schrieb der Techniker:\n\nTeil tauschen.\n\nIst getan.',
  'what somebody wrote, French': 'Le 12 mars le technicien a écrit :\n\nChangez la pièce.\n\nC’est fait.',
  'what somebody wrote, Italian': 'Il 12 marzo il tecnico ha scritto:\n\nCambi il pezzo.\n\nFatto.',
  'what somebody wrote from an address':
    'Falei com o técnico joao@example.org, que escreveu:\n\nTroque a peça.\n\nE agora?',
  'an exclamation': 'Ela escreveu: socorro.\nDe: hoje em diante não.\n\n---- atenção ----\n\nPara: todos',
  'an address to write to': 'Em 05/03/2025 às 10:00 mandei tudo para loja@example.net e pedi:\n\nTroca já.',
  'a list divided by dashes': 'Item 1: mesa\n--\nItem 2: cadeira\n--\nItem 3: sofá',
  'two things divided by dashes': 'Mesa: 1 unidade\n--\nCadeira: 4 unidades',
  'a paragraph below dashes':
    `Pedido 1\n\n--\n\n${'Este é o segundo pedido, que descrevo por extenso. '.repeat(4)}`.trim(),
  'a short paragraph below dashes': 'Uma mesa azul.\n\n--\n\nQuatro cadeiras.',
  'a question below dashes': 'Recebi a mesa.\n\n--\nE a cadeira, quando chega?',
  'a postscript below dashes': 'Recebi a mesa.\n\n--\nAna\nPS: falta a cadeira.',
  'dashes near the beginning': `Pedido:\n\n--\n${'Uma cadeira azul.\n'.repeat(20)}`.trim(),
  'a way to send': 'O pacote já saiu.\nEnviado pelo Sedex ontem.',
  'a way to send, apart': 'O pacote já saiu.\n\nEnviado pelo Sedex ontem.',
  'a way to send, English': 'The parcel is on its way.\n\nSent by courier on Monday.',
  'a way to send, Spanish': 'El paquete ya salió.\n\nEnviado por correo certificado.',
  'a way to send, German': 'Das Paket ist weg.\n\nGesendet von Köln am Montag.',
  'a way to send, by a company': 'A capa vem depois.\n\nEnviada pela Samsung na segunda.',
  'a way to send, by telephone': 'Mandei os dados.\n\nEnviado por telefone ontem.',
  'a way to send, by mail': 'Los datos ya están.\n\nEnviado por mail ayer.',
  'a way to send, French': 'Le colis est parti.\n\nEnvoyé de Lyon hier.',
  'a table': 'Segue:\n\n| item | quantidade |\n| mesa | 1 |',
  'lines that begin like dates': 'Bom dia.\n\n10/05 não posso.\n2 caixas, por favor.\nSim, 2 unidades.',
  'a rule between paragraphs': 'Primeiro pedido.\n\n----------\n\nSegundo pedido.',
};

describe('newText of a reply', () => {
  for (const [program, attribution] of Object.entries(attributions)) {
    it(`ends above the attribution of ${program}`, () => {
      assert.equal(ownText(`Ainda não.\n\n${attribution}\n\n> Chegou?\n`), 'Ainda não.');
      assert.equal(ownText(`Em anexo, 2 fotos.\n${attribution}\n> Chegou?\n`), 'Em anexo, 2 fotos.');
      assert.equal(
        ownText(`Ainda não.\n\n${attribution}\n\nChegou?\n`),
        'Ainda não.',
        'not marked as quoted',
      );
    });
  }

  for (const [program, header] of Object.entries(headers)) {
    it(`ends above the header of ${program}`, () => {
      assert.equal(ownText(`Ainda não.\n\n${header}\n\nChegou?\n`), 'Ainda não.');
    });
  }

  for (const [what, text] of Object.entries(customersWords)) {
    it(`keeps ${what}`, () => {
      assert.equal(ownText(text), text);
      const quoted = 'Em 4 de jun. de 2024, à(s) 10:00, Loja <loja@example.net> escreveu:\n\n> Chegou?\n';
      assert.equal(ownText(`${text}\n\n${quoted}`), text, 'above a quote');
      assert.equal(ownText(text, firstMail), text, 'in a first mail');
    });
  }

  for (const last of [
    'Em anexo o comprovante.',
    'Em 12/03 paguei.',
    'On Friday it was still broken.',
    'El lunes no puedo.',
    'Am Montag kommt niemand.',
    '2 caixas, por favor.',
    '10/05 está bom.',
    'Sim, 2 unidades.',
    'Se x < 3, troque.',
  ]) {
    it(`keeps the last words "${last}"`, () => {
      const quoted = 'Em qua., 5 de mar. de 2025 às 10:00, Loja <loja@example.net> escreveu:\n\n> Qual?';
      assert.equal(ownText(`Olá,\n\n${last}\n\n${quoted}`), `Olá,\n\n${last}`);
      assert.equal(ownText(`Olá,\n${last}\n${quoted}`), `Olá,\n${last}`);
    });
  }

  it('keeps words that stand before the attribution in its line', () => {
    for (const attribution of [
      'Em 04/06/2024 10:00, Loja escreveu:',
      'On Tue, Jun 4, 2024 at 10:00 AM Shop <shop@example.net> wrote:',
      'Loja <loja@example.net> escreveu:',
    ]) {
      const text = `Bom dia.\n\nObrigada. ${attribution}`;
      assert.equal(ownText(`${text}\n\n> Chegou?`), text);
    }
  });

  it('takes a quote below a name and a verb as evidence', () => {
    assert.equal(ownText('Sim.\n\nAna escreveu:\n> um?\n'), 'Sim.');
    assert.equal(ownText('Sim.\n\nNo dia 4 de junho Ana escreveu:\n> um?\n'), 'Sim.');
  });

  it('keeps answers written between quotes', () => {
    const quoted = 'On 4 June Ana <a@b.example> wrote:\n> um?\nsim\n> dois?\nnão\n';
    assert.equal(ownText(quoted), 'sim\n> dois?\nnão');
  });

  it('returns a text of nothing but quotes as it is', () => {
    assert.equal(ownText('> um\n> dois\n'), '> um\n> dois');
    const fields =
      'De: Ana <ana@example.com>\nPara: Loja\nData: 04/06/2024\nAssunto: Defeito\n\nParou de gelar.';
    assert.equal(ownText(fields), fields);
  });

  it('gives nothing for nothing', () => {
    assert.equal(ownText(''), '');
    assert.equal(ownText('\n\n'), '');
  });
});

describe('newText of a mail that answers nothing', () => {
  for (const [program, quoted] of Object.entries({ ...attributions, ...headers })) {
    it(`keeps what ${program} would have quoted`, () => {
      const text = `Ainda não.\n\n${quoted}\n\n> Chegou?`;
      assert.equal(ownText(text, firstMail), text);
    });
  }

  for (const subject of [
    'Re: x',
    'RES: x',
    'AW: x',
    '[EXTERNO] RE: x',
    'Re[2]: x',
    'SV: x',
    'Odp: x',
    'Ответ: x',
    '回复：x',
  ]) {
    it(`takes the subject "${subject}" for an answer`, () => {
      const quoted = 'Em 04/06/2024 10:00, Loja escreveu:\n> antes';
      assert.equal(ownText(`Sim.\n\n${quoted}`, { ...firstMail, subject }), 'Sim.');
    });
  }

  for (const subject of ['Ref.: x', 'Reclamação: x', 'Pedido 4711', 'Resposta: x', '']) {
    it(`takes the subject "${subject}" for none`, () => {
      const text = 'Sim.\n\nEm 04/06/2024 10:00, Loja escreveu:\n> antes';
      assert.equal(ownText(text, { ...firstMail, subject }), text);
    });
  }
});

describe('newText of a mail that passes another one on', () => {
  const header = 'De: Beto <beto@example.org>\nData: 5 de mar. de 2025 10:12\nAssunto: Pedido\nPara: Ana';
  const marks = [
    '---------- Forwarded message ---------',
    '-------- Mensagem encaminhada --------',
    '---------- Mensaje reenviado ----------',
    'Begin forwarded message:',
    'Início da mensagem encaminhada:',
  ];
  for (const mark of marks) {
    it(`keeps all of it below "${mark}"`, () => {
      const text = `Vejam abaixo.\n\n${mark}\n${header}\n\nNão chegou.\n\n-- \nBeto`;
      assert.deepEqual(newText(text, reply, ''), { text, forwarded: true });
      assert.deepEqual(newText(text, firstMail, ''), { text, forwarded: true });
    });
  }

  for (const subject of [
    'Fwd: x',
    'FW: x',
    'ENC: x',
    'RV: x',
    'TR: x',
    'WG: x',
    'I: x',
    '[EXTERNO] ENC: RE: x',
  ]) {
    it(`keeps all of it with the subject "${subject}"`, () => {
      const text = `Vejam abaixo.\n\n${header}\n\nNão chegou.`;
      assert.deepEqual(newText(text, { ...reply, subject }, ''), { text, forwarded: true });
    });
  }

  it('keeps no more than the answer when somebody answers it', () => {
    const passedOn = `> Vejam.\n>\n> ---------- Forwarded message ---------\n> ${header.replaceAll('\n', '\n> ')}\n`;
    const text = `Visto.\n\nEm 5 de mar. de 2025 10:30, Ana <ana@example.com> escreveu:\n${passedOn}`;
    assert.deepEqual(newText(text, { ...reply, subject: 'Re: Fwd: x' }, ''), {
      text: 'Visto.',
      forwarded: false,
    });
  });

  it('does not take words for a mail that is passed on', () => {
    const text = 'Veja:\n\n---- Mensagem encaminhada ----\nfoi o que apareceu na tela.';
    assert.deepEqual(newText(text, firstMail, ''), { text, forwarded: false });
  });
});

describe('newText and the end of a mail', () => {
  it('drops a signature', () => {
    assert.equal(ownText('Sim.\n\n-- \nAna\nGerente\n'), 'Sim.');
    assert.equal(ownText('Sim.\n-- \nAna\n', firstMail), 'Sim.');
    assert.equal(ownText('Sim.\n\n--\nAna Souza\nLoja Exemplo\n'), 'Sim.');
  });

  for (const added of [
    'Enviado do meu iPhone',
    'Enviado do meu Samsung Mobile da Claro',
    'Enviado do Yahoo Mail no Android',
    'Enviado pelo Outlook para Android',
    'Enviado via iPad',
    'Enviado desde mi iPhone',
    'Sent from my Galaxy',
    'Sent from Mailbox',
    'Sent from Outlook Mobile<https://example.org/x>',
    'Envoyé de mon iPhone',
    'Inviato da iPad',
    'Von meinem iPhone gesendet',
    'Verstuurd vanaf mijn iPhone',
    'Skickat från min iPhone',
    'Enviado a partir do meu smartphone Samsung Galaxy.',
    'Enviado do Email para Windows 10',
    'Envoyé à partir d’Outlook',
    '(sent from a phone)',
    'Lähetetty iPhonesta',
    'Wysłane z iPhone’a',
    'Отправлено с iPhone',
    'Obter o Outlook para Android<https://example.org/x>',
    'Get Outlook for iOS',
    'Hanki Outlook for Android<https://example.org/x>',
  ]) {
    it(`drops "${added}"`, () => {
      assert.equal(ownText(`Sim.\n\n${added}\n`), 'Sim.');
      assert.equal(ownText(`Sim.\n\n${added}\n\nOn 4 June 2024 Ana <a@b.example> wrote:\n> x`), 'Sim.');
    });
  }
});

describe('newText with the HTML as witness', () => {
  const marks: Record<string, string> = {
    Gmail:
      '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">Nag-sulat si Loja &lt;<a href="mailto:l@example.net">l@example.net</a>&gt;:<br></div><blockquote class="gmail_quote">Antes</blockquote></div>',
    Thunderbird:
      '<div class="moz-cite-prefix">Nag-sulat si Loja &lt;l@example.net&gt;:<br></div><blockquote type="cite">Antes</blockquote>',
    Outlook:
      '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg" dir="ltr"><font><b>Nag-sulat si</b> Loja &lt;l@example.net&gt;:<br></font></div><div>Antes</div>',
    Yahoo:
      '<div id="yahoo_quoted_1" class="yahoo_quoted"><div><div>Nag-sulat si Loja &lt;l@example.net&gt;:</div><div><br></div><div>Antes</div></div></div>',
    Proton:
      '<div class="protonmail_quote">Nag-sulat si Loja &lt;l@example.net&gt;:<br><blockquote class="protonmail_quote" type="cite">Antes</blockquote></div>',
  };
  for (const [client, html] of Object.entries(marks)) {
    it(`ends where ${client} says that the quote begins, in a language nobody knows`, () => {
      const text = 'Hindi pa.\n\nNag-sulat si Loja <l@example.net>:\n\nAntes\n';
      assert.equal(ownText(text, reply, `<p>Hindi pa.</p>${html}`), 'Hindi pa.');
      assert.equal(ownText(text, reply, '<p>Hindi pa.</p>'), text.trim());
      assert.equal(ownText(text, firstMail, `<p>Hindi pa.</p>${html}`), text.trim());
    });
  }

  it('takes no word outside of a tag for a mark', () => {
    const html = '<style>.gmail_attr{}</style><p>gmail_attr: Nag-sulat si Loja</p>';
    assert.deepEqual(quoteBeginnings(html), []);
  });
});
