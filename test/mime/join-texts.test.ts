// Two texts of one mail made one, so that nothing is lost and little is said twice.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { joinForms, joinTexts, type Texts } from '../../shared/mime/join-texts.ts';

const plain = (text: string): Texts => ({ text: { text }, htmlStandsAlone: false });
const rich = (html: string, text = ''): Texts => ({ text: { text, html }, htmlStandsAlone: false });

describe('two texts', () => {
  it('stand one below the other, in both forms when one has HTML', () => {
    assert.deepEqual(joinTexts(plain('um'), plain('dois')).text, { text: 'um\n\ndois' });
    const { text, htmlStandsAlone } = joinTexts(rich('<p>um</p>', 'um'), plain('a < b'));
    assert.equal(text.text, 'um\n\na < b');
    assert.match(text.html ?? '', /^<p>um<\/p><br\/>\n<div [^>]*>a &#60; b<\/div>$/);
    assert.equal(htmlStandsAlone, false);
  });

  it('have HTML that stands alone when one has nothing else', () => {
    assert.equal(joinTexts(rich('<p>um</p>'), plain('dois')).htmlStandsAlone, true);
  });

  it('are the other when one is empty', () => {
    assert.deepEqual(joinTexts(plain(' \n'), rich('<p>um</p>')), rich('<p>um</p>'));
    assert.deepEqual(joinForms(plain('um'), plain('')), plain('um'));
  });
});

describe('two forms of a text', () => {
  it('are one when they have the same words, whatever links and layout they have', () => {
    const form = joinForms(
      plain('Veja aqui<https://example.com/a>. <<pedido.pdf>>\n\nAna'),
      rich('<p>Veja&nbsp;<a href="https://example.com/a">aqui</a>.</p><b>Ana</b>'),
    );
    assert.equal(form.text.text, 'Veja aqui<https://example.com/a>. <<pedido.pdf>>\n\nAna');
    assert.match(form.text.html ?? '', /^<p>Veja/);
  });

  it('are the longer one when a gateway added something above or below', () => {
    assert.equal(joinForms(plain('Bom dia.\n--\nLista'), rich('<p>Bom dia.</p>')).text.html, undefined);
    assert.equal(joinForms(plain('Bom dia.'), plain('Externo!\nBom dia.')).text.text, 'Externo!\nBom dia.');
  });

  it('are both when each says something of its own', () => {
    assert.equal(joinForms(plain('Bom dia.'), plain('Boa tarde.')).text.text, 'Bom dia.\n\nBoa tarde.');
    assert.equal(joinForms(plain('👍'), plain('Boa tarde.')).text.text, '👍\n\nBoa tarde.');
  });
});
