// What is left of short texts whose characters are not all to be seen.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainLine } from '../../shared/mime/plain-line.ts';

describe('plainLine', () => {
  const hidden: Record<string, [text: string, seen: string]> = {
    'a changed direction': ['nota \u202efdp.exe', 'nota fdp.exe'],
    'an isolated direction': ['\u2067abc\u2069', 'abc'],
    'direction marks': ['\u200fשלום\u200e', 'שלום'],
    'zero-width characters': ['pay\u200bpal\u2060.\ufeffcom', 'paypal.com'],
    'joiners between letters that do not join': ['pay\u200cpal\u200d', 'paypal'],
    'text in tags': ['Oi\u{e0049}\u{e0067}\u{e006e}', 'Oi'],
    'bytes in variation selectors': ['a\u{e0101}\u{e0102}\u{e0103}', 'a\u{e0101}'],
    'hyphens that show only at a line end': ['in\u00advoice', 'invoice'],
    'fillers that look like a blank': ['\u3164Ana\uffa0', 'Ana'],
  };
  for (const [what, [text, seen]] of Object.entries(hidden)) {
    it(`leaves out ${what}`, () => assert.equal(plainLine(text), seen));
  }

  it('keeps the joiners that words and emoji are written with', () => {
    const written = [
      'می\u200cخواهم',
      'क्\u200dष',
      'ശ്രീ\u200d',
      '👩🏽\u200d⚕️',
      '❤️\u200d🔥',
      '👨\u200d👩\u200d👧',
      '葛\u{e0100}城',
      '1️⃣',
    ];
    for (const text of written) assert.equal(plainLine(text), text);
  });

  it('is one line with single blanks', () => {
    assert.equal(plainLine(' Pedido\r\n\t42\u2028\0 enviado '), 'Pedido 42 enviado');
  });
});
