// What counts as new in a reply.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newText } from '../../shared/mime/reply.ts';

/** The attributions and separators of programs, each above what it quotes. */
const quotedBelow: Record<string, string> = {
  'Gmail in Portuguese': 'Em ter., 4 de jun. de 2024 às 10:00, Ana <ana@example.com> escreveu:\n\n> antes',
  'Gmail in English, broken over lines':
    'On Tue, Jun 4, 2024 at 10:00 AM Ana Souza <\nana@example.com> wrote:\n\n> antes',
  'Gmail in Spanish': 'El mar, 4 jun 2024 a las 10:00, Ana (<ana@example.com>) escribió:\n\n> antes',
  'Thunderbird in Portuguese': 'Em 04/06/2024 10:00, Ana Souza escreveu:\n> antes',
  'Thunderbird in German': 'Am 04.06.24 um 10:00 schrieb Ana Souza:\n> antes',
  'Apple Mail in French': 'Le 4 juin 2024 à 10:00, Ana <ana@example.com> a écrit :\n\nantes',
  'Outlook in Portuguese':
    'De: Ana <ana@example.com>\nEnviada em: terça-feira, 4 de junho de 2024 10:00\nPara: Suporte\nAssunto: RE: Pedido\n\nantes',
  'Outlook with bold names':
    '*From:* Ana <ana@example.com>\n*Sent:* Tuesday\n*To:* Support\n*Subject:* Order\n\nbefore',
  'an original message': '-----Mensagem original-----\nDe: Ana\n\nantes',
  'a Japanese attribution': '2024/06/04 10:00 Ana のメッセージ:\n> 前',
};

describe('newText', () => {
  for (const [what, quoted] of Object.entries(quotedBelow)) {
    it(`ends above ${what}`, () => {
      assert.equal(newText(`Resposta.\n\n${quoted}\n`), 'Resposta.');
    });
  }

  it('drops signatures and what telephones add', () => {
    assert.equal(newText('Sim.\n\n-- \nAna\nGerente\n'), 'Sim.');
    assert.equal(newText('Sim.\n\nEnviado do meu iPhone\n'), 'Sim.');
    assert.equal(
      newText('Sim.\n\nSent from my Galaxy\n\nOn 4 June 2024 Ana <a@b.example> wrote:\n> x'),
      'Sim.',
    );
  });

  it('keeps answers written between quotes', () => {
    assert.equal(
      newText('On 4 June Ana <a@b.example> wrote:\n> um?\nsim\n> dois?\nnão\n'),
      'sim\n> dois?\nnão',
    );
  });

  it('keeps what only looks like a mark', () => {
    const text = 'Ela escreveu: socorro.\nDe: hoje em diante não.\n\n---- atenção ----\n\nPara: todos';
    assert.equal(newText(text), text);
  });

  it('returns a text of nothing but quotes as it is', () => {
    assert.equal(newText('> um\n> dois\n'), '> um\n> dois');
  });

  it('gives nothing for nothing', () => {
    assert.equal(newText(''), '');
    assert.equal(newText('\n\n'), '');
  });
});
