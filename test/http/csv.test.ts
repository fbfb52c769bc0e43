// Lines of CSV: read back as they were written, and nothing in them runs in a spreadsheet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvLine } from '../../shared/http/csv.ts';

/** As a spreadsheet does that parts cells by `separator` (RFC 4180 2). */
function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (isQuoted) {
      if (char === '"' && line[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (char === '"') isQuoted = false;
      else cell += char;
    } else if (char === '"' && cell === '') isQuoted = true;
    else if (char === separator || char === '\n' || char === '\r') {
      cells.push(cell);
      cell = '';
    } else cell += char;
  }
  return cells;
}

test('texts are quoted, numbers are not, and nothing is an empty cell', () => {
  assert.equal(
    csvLine(['Olá; "tudo, bem"?', 5, null, 'duas\nlinhas'], ';'),
    '"Olá; ""tudo, bem""?";5;;"duas\nlinhas"\r\n',
  );
  assert.equal(csvLine([-1, 'a'], ','), '-1,"a"\r\n');
});

test('harmless texts are kept to the letter', () => {
  for (const text of ['ótimo - e rápido', 'a@b.example', '2+2=4', 'um, dois; três', "D'Ávila", ''])
    assert.equal(cellsOf(csvLine([text], ';'), ';')[0], text);
});

test('no cell begins as a formula, whichever separator a spreadsheet expects', () => {
  const starts = ['=', '+', '-', '@', '\uFF1D', '\t=', '\r=', '\n='];
  const befores = [
    '',
    ' ',
    '\u00A0',
    'ok;',
    'ok,',
    'ok, ',
    'ok\t',
    'ok\n',
    'ok\r\n',
    'ok";',
    'ok","',
    '";"',
    '"',
    '","=',
  ];
  let tried = 0;
  for (const written of [';', ','] as const)
    for (const expected of [';', ',', '\t', '|'])
      for (const start of starts)
        for (const before of befores) {
          const line = csvLine(['x', `${before}${start}cmd|' /C calc'!A0`, 1], written);
          for (const cell of cellsOf(line, expected))
            assert.doesNotMatch(cell, /^[\s"]*[=+\-@\uFF1D]/, JSON.stringify([line, expected, cell]));
          tried += 1;
        }
  assert.ok(tried > 800);
  for (const begin of ['\t', '\r', '\n']) assert.ok(csvLine([`${begin}x`], ';').startsWith(`"'${begin}`));
});
