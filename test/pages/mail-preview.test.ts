// The preview of a mail: what is in it, escaped, its own images filled in, and nothing from anywhere else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mail } from '../../shared/domain/mail/mail.ts';
import type { Language } from '../../shared/domain/settings.ts';
import { mailPreview } from '../../shared/pages/mail-preview.ts';

const nobody = {
  from: [],
  to: [],
  cc: [],
  replyTo: [],
  date: null,
  messageId: null,
  inReplyTo: [],
  references: [],
};
const mailOf = (
  changes: Partial<Pick<Mail, 'text' | 'html' | 'attachments'>> & {
    subject?: string;
    from?: Mail['headers']['from'];
  },
) => {
  const { subject = 'Pedido', from = [], ...rest } = changes;
  return { headers: { ...nobody, subject, from }, text: '', html: null, attachments: [], ...rest };
};
const preview = (changes: Parameters<typeof mailOf>[0], language: Language = 'pt-BR') =>
  mailPreview(mailOf(changes), {
    receivedAt: '2026-03-02T12:00:00Z',
    language,
    imageSource: position => (position === 0 ? 'data:image/png;base64,AAAA' : undefined),
  });

test('shows headers and attachments in the language asked for, and escapes what strangers wrote', () => {
  const from = [{ name: '<script>alert(1)</script>', address: 'ana@example.com' }];
  const attachments = [
    {
      name: 'nota "1".pdf',
      type: 'application/pdf',
      sizeBytes: 3_000,
      sha256: '',
      contentId: null,
      inline: false,
    },
  ];
  const page = preview({ subject: '</title><img src=x>', from, attachments, text: '1 < 2 & 3' });
  assert.ok(!/<script|<img/.test(page), page);
  assert.match(page, /<dt>De<\/dt><dd>&lt;script&gt;/);
  assert.match(page, /<dt>Anexos<\/dt><dd>nota &quot;1&quot;\.pdf \(3 kB\)<\/dd>/);
  assert.match(page, /<div class="text">1 &lt; 2 &amp; 3<\/div>/);
  assert.match(preview({ subject: '' }, 'en'), /<h1>\(no subject\)<\/h1>[\s\S]*<dt>Received<\/dt>/);
  assert.match(preview({ subject: '' }, 'es'), /<h1>\(sin asunto\)<\/h1>/);
});

test('fills in the images of the mail, and names those of others without loading them', () => {
  const html =
    '<p><img alt="a" data-attachment="0" /><img data-attachment="7" alt="sumiu" /><img data-remote-src="https://x.example/p.gif?a=1&amp;b=2" alt="" /></p>';
  const page = preview({ html });
  assert.match(page, /<img src="data:image\/png;base64,AAAA" alt="a" data-attachment="0" \/>/);
  assert.match(page, /<img data-attachment="7" alt="sumiu" \/>/);
  assert.match(
    page,
    /<span class="left-out">Imagem de outro servidor, não carregada: https:\/\/x\.example\/p\.gif\?a=1&amp;b=2<\/span>/,
  );
  assert.match(page, /Content-Security-Policy" content="default-src &#39;none&#39;; img-src data:;/);
});
