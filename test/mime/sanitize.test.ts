// What HTML of strangers can and cannot do after sanitising.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Defect } from '../../shared/domain/mail/mail.ts';
import { Defects } from '../../shared/mime/defects.ts';
import { sanitize } from '../../shared/mime/sanitize.ts';

function clean(html: string): { html: string; shown: number[]; defects: Defect[] } {
  const shown = new Set<number>();
  const defects = new Defects();
  const attachmentByContentId = new Map([['logo@x', 2]]);
  const attachmentByName = new Map([['image 1.png', 3]]);
  const safe = sanitize(html, { attachmentByContentId, attachmentByName, shown, defects });
  return { html: safe ?? '', shown: [...shown], defects: defects.list() };
}

describe('sanitize', () => {
  const attacks: Record<string, string> = {
    script: '<script>alert(1)</script>',
    'event handler': '<p onclick="alert(1)">x</p>',
    'script in a link': '<a href=" java\nscript:alert(1)">x</a>',
    'script in an encoded link': '<a href="&#106;avascript:alert(1)">x</a>',
    'data link': '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    form: '<form action="https://x.example"><input name="alert(1)"><button>x</button></form>',
    frame: '<iframe src="https://x.example" srcdoc="<script>alert(1)</script>"></iframe>',
    'vector image': '<svg onload="alert(1)"><a xlink:href="javascript:alert(1)">x</a></svg>',
    'vector image as data': '<img src="data:image/svg+xml;base64,PHN2Zy8+" onerror="alert(1)">',
    'style element': '<style>@import "https://x.example"; body{background:url(javascript:alert(1))}</style>',
    'loading style': '<p style="background:url(https://x.example/alert(1));width:expression(alert(1))">x</p>',
    'escaped style': '<p style="background:u\\72l(https://x.example)">x</p>',
    'covering style': '<div style="position:fixed;top:0;z-index:9;margin-top:-900px">x</div>',
    meta: '<meta http-equiv="refresh" content="0;url=https://x.example"><base href="https://x.example">',
    mutation: '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    comment: '<!--><img src=x onerror=alert(1)>-->',
    background: '<table background="https://x.example/p.gif"><tr><td>x</td></tr></table>',
    'source set': '<img srcset="https://x.example/p.gif 2x">',
  };
  for (const [what, html] of Object.entries(attacks)) {
    it(`disarms a ${what}`, () => {
      const active =
        /<(?!\/?(?:p|a|div|table|tbody|tr|td|img)\b)|\son\w+=|script:|url\(|expression|position|margin|x\.example|svg/i;
      assert.doesNotMatch(clean(html).html, active);
    });
  }

  it('lets links open outside without telling where they were', () => {
    assert.equal(
      clean('<a href="https://example.com/" target="_self" rel="opener">x</a>').html,
      '<a href="https://example.com/" target="_blank" rel="noopener noreferrer">x</a>',
    );
    assert.equal(clean('<a href="/admin">x</a><a href="//x.example">y</a>').html, '<a>x</a><a>y</a>');
  });

  it('does not load remote images but says where they are', () => {
    assert.equal(
      clean('<img src="https://x.com/p.gif" alt="p">').html,
      '<img alt="p" data-remote-src="https://x.com/p.gif" />',
    );
  });

  it('points to the images of the mail, and to no others', () => {
    const { html, shown } = clean('<img src="cid:logo%40x"><img src="cid:none" data-attachment="0">');
    assert.equal(html, '<img src="cid:logo%40x" data-attachment="2" />');
    assert.deepEqual(shown, [2]);
  });

  it('points to an image of the mail by its name alone, without a scheme', () => {
    const { html, shown } = clean('<img src="image%201.png"><img src="./logo@x"><img src="/image 1.png">');
    assert.equal(html, '<img data-attachment="3" />');
    assert.deepEqual(shown, [3]);
  });

  it('keeps small images inside the HTML and drops large ones', () => {
    const small = '<img src="data:image/png;base64,AAAA" />';
    assert.equal(clean(small).html, small);
    assert.equal(clean(`<img src="data:image/png;base64,${'A'.repeat(100_000)}">`).html, '');
  });

  it('keeps harmless style', () => {
    const html = '<p style="color:rgb(1, 2, 3);font-family:\'Arial\', sans-serif;margin:0 4px">x</p>';
    assert.equal(
      clean(html).html,
      '<p style="color:rgb(1, 2, 3);font-family:\'Arial\', sans-serif;margin:0 4px">x</p>',
    );
  });

  it('gives what clients mark as quoted one mark, and none to indented paragraphs', () => {
    for (const quote of [
      'type="cite"',
      'type="CITE"',
      'class="gmail_quote x"',
      'cite="mid:1@example.net"',
      'id="blockquote_zmail"',
    ])
      assert.equal(
        clean(`<blockquote ${quote}>x</blockquote>`).html,
        '<blockquote type="cite">x</blockquote>',
      );
    assert.equal(clean('<blockquote type="1">x</blockquote>').html, '<blockquote>x</blockquote>');
  });

  const escapes: Record<string, string> = {
    'an indent to the left': 'text-indent:-300px',
    'lines that may not break': 'white-space:nowrap',
    'a direction': 'direction:rtl',
    'a box too narrow for its words': 'width:10px',
    'a box too low for its lines': 'height:1px',
    'lines lower than their letters': 'line-height:0',
    'lines of a fixed height': 'line-height:12px',
    'letters larger than any': 'font-size:120px',
    'letters above each other': 'letter-spacing:-60px',
    'a font that brings its line height': 'font:20px/0 Arial',
    'words above their line': 'vertical-align:150px',
    'a list that is marked by words': "list-style-type:'text'",
    'a margin below zero': 'margin:0 -5px',
    'a padding beyond the page': 'padding-left:5000px',
    'a width beyond the page': 'max-width:9000px',
    'a length in a unit of the window': 'width:300vw',
    'a value for later': 'color:var(--x)',
  };
  for (const [what, style] of Object.entries(escapes)) {
    it(`drops ${what}, by which content stands outside of its box`, () => {
      assert.equal(clean(`<div style="${style}">x</div>`).html, '<div>x</div>');
    });
  }

  it('drops pictures and cells larger than a page', () => {
    assert.equal(clean('<img alt="x" width="5000" height="10">').html, '<img alt="x" />');
    assert.equal(
      clean('<table width="600"><tr><td nowrap>x').html,
      '<table width="600"><tr><td>x</td></tr></table>',
    );
  });

  it('keeps what mails are laid out with', () => {
    const kept = [
      'border:1px solid #ccc;padding:8px 16px;max-width:600px;margin:0 auto',
      'font-size:11pt;font-weight:700;letter-spacing:-.5px;text-transform:uppercase',
      'background-color:hsla(120, 50%, 50%, .5);border-radius:4px;width:100%',
      'line-height:1.5;list-style-type:lower-roman;text-align:center;white-space:pre-wrap',
    ];
    for (const style of kept)
      assert.equal(clean(`<p style="${style}">x</p>`).html, `<p style="${style}">x</p>`);
    assert.equal(
      clean('<td style="width:10px;height:1px">x</td>').html,
      '<td style="width:10px;height:1px">x</td>',
    );
    assert.equal(
      clean('<p style="line-height:150%">x</p>').html,
      '<p style="line-height:1.5">x</p>',
      'as a factor',
    );
  });

  it('names both hosts of a link that shows one and leads to another', () => {
    const link = (href: string, shown: string) => clean(`<a href="${href}">${shown}</a>`).defects;
    const misleading = [
      { code: 'link_misleading', message: 'A link shows "banco.example" and leads to "x.example".' },
    ];
    assert.deepEqual(link('https://x.example/login', '<b>https://banco.</b>example/conta'), misleading);
    assert.deepEqual(link('https://x.example', ' http://banco\u200b.example '), misleading);
    assert.deepEqual(link('https://banco.com.br.x.example', 'banco.com.br')[0]?.code, 'link_misleading');
    assert.deepEqual(link('https://x.example', 'www.banco.example')[0]?.code, 'link_misleading');
  });

  it('takes no link for misleading that leads to the same domain, or shows none', () => {
    const honest: [href: string, shown: string][] = [
      ['https://clicks.loja.com.br/x?u=1', 'www.loja.com.br/promo'],
      ['https://www.loja.com/', 'Loja.com'],
      ['https://x.example/', 'Clique aqui'],
      ['https://x.example/', 'relatorio.pdf'],
      ['https://x.example/', 'ana@banco.com'],
      ['mailto:ana@x.example', 'www.banco.example'],
      [
        'https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Floja.example%2Fa',
        'https://loja.example/a',
      ],
    ];
    for (const [href, shown] of honest)
      assert.deepEqual(clean(`<a href="${href}">${shown}</a>`).defects, [], shown);
  });
});
