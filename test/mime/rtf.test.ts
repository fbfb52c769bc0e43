// What a person reads of RTF, as mail has it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRtf } from '../../shared/mime/rtf.ts';

const read = (rtf: string) => readRtf(Buffer.from(rtf, 'latin1'));
const textOf = (words: string) => {
  const content = read(
    `{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset128 Gothic;}}${words}}`,
  );
  return 'text' in content ? content.text : assert.fail('it has HTML');
};
const htmlOf = (words: string) => {
  const content = read(`{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0${words}}`);
  return 'html' in content ? content.html : assert.fail('it has no HTML');
};

describe('RTF', () => {
  it('has paragraphs, tabs, dashes and quotes', () => {
    assert.equal(
      textOf("um\\par dois\\line tr\\'eas\\tab\\ldblquote a\\rdblquote\\emdash b"),
      'um\ndois\ntrês\t\u201ca\u201d\u2014b',
    );
  });

  it('has Unicode with as many characters beside as it says, for those who do not know it', () => {
    assert.equal(
      textOf('\\u8364?a \\uc2\\u8364 EUb {\\uc0\\u8364 c} \\u-10179??\\u-8704??d'),
      '€a €b €c 😀d',
    );
    assert.equal(textOf("\\u8364\\'80a \\u233"), '€a é');
  });

  it('has characters of two bytes in the charset of their font', () => {
    assert.equal(textOf("\\f1 \\'93\\'fa\\'96\\'7b\\f0 \\'e9"), '日本é');
  });

  it('shows no fonts, styles, pictures, or what is marked as not for all', () => {
    assert.equal(
      textOf('{\\stylesheet{\\s0 Normal;}}a{\\pict\\bin3 }}}}b{\\*\\generator X;}c{\\info{\\author Ana}}d'),
      'abcd',
    );
  });

  it('shows the words of a link, and brackets and backslashes as they are meant', () => {
    assert.equal(
      textOf('{\\field{\\*\\fldinst HYPERLINK "https://example.com"}{\\fldrslt aqui}} \\{a\\}\\\\'),
      'aqui {a}\\',
    );
  });

  it('with HTML inside gives that, and not what is for readers of RTF', () => {
    const rtf =
      '{\\*\\htmltag64 <p class="\\\'e9">}\\htmlrtf {\\b \\htmlrtf0 Ol\\\'e1 <x>{\\*\\htmltag84 &#8212;}\\htmlrtf \\u8212 -}\\htmlrtf0\\par{\\*\\mhtmltag84 <img src=x>}{\\*\\htmltag72 </p>}';
    assert.equal(htmlOf(rtf), '<p class="é">Olá &lt;x&gt;&#8212;\r\n</p>');
  });

  it('that is broken is read as far as it goes', () => {
    for (const rtf of ['', '{', '}}}}', '\\', "\\'", "\\'zz", '\\bin999999999 a', '{\\rtf1 a\\', 'sem nada'])
      assert.equal(typeof Object.values(read(rtf))[0], 'string');
    assert.equal(textOf("a\\'zzb}}c"), 'azzbc');
    assert.equal(textOf(`${'{'.repeat(5000)}a${'}'.repeat(5000)}b`), 'ab');
  });
});
