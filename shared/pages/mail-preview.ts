// A mail as a supervisor looks at it before it enters: one document that shows what is in the mail, and loads nothing.
import type { Address, Mail } from '../domain/mail/mail.ts';
import type { Language } from '../domain/settings.ts';
import { Html, html } from './html.ts';

/** To be sent as header as well, with `sandbox`: whatever slipped into the mail may not load, run, or be sent anywhere. */
export const previewPolicy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** An image of the mail by its position in the list of attachments, as a `data:` address; undefined to leave it out. */
export type ImageSource = (position: number) => string | undefined;

type Texts = {
  from: string;
  to: string;
  cc: string;
  date: string;
  attachments: string;
  remote: string;
  none: string;
};

const texts: Record<Language, Texts> = {
  'pt-BR': {
    from: 'De',
    to: 'Para',
    cc: 'Cc',
    date: 'Recebido',
    attachments: 'Anexos',
    remote: 'Imagem de outro servidor, não carregada',
    none: '(sem assunto)',
  },
  en: {
    from: 'From',
    to: 'To',
    cc: 'Cc',
    date: 'Received',
    attachments: 'Attachments',
    remote: 'Image from another server, not loaded',
    none: '(no subject)',
  },
  es: {
    from: 'De',
    to: 'Para',
    cc: 'Cc',
    date: 'Recibido',
    attachments: 'Adjuntos',
    remote: 'Imagen de otro servidor, no cargada',
    none: '(sin asunto)',
  },
};

const style = `
body { margin: 1rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 0; }
dd { margin: 0; }
main { margin-top: 1rem; padding-top: 1rem; border-top: 1px solid; overflow: hidden; contain: paint; }
.text { white-space: pre-wrap; }
.left-out { border: 1px dashed; padding: 0 .25rem; }
`;

/**
 * The document. `mail.html` is sanitised: of it only images are touched, those of the mail filled in and others named.
 * @param receivedAt RFC 3339
 */
export function mailPreview(
  mail: Pick<Mail, 'headers' | 'text' | 'html' | 'attachments'>,
  { receivedAt, language, imageSource }: { receivedAt: string; language: Language; imageSource: ImageSource },
): string {
  const { headers, attachments } = mail;
  const words = texts[language];
  const rows = [
    [words.from, peopleIn(headers.from)],
    [words.to, peopleIn(headers.to)],
    [words.cc, peopleIn(headers.cc)],
    [words.date, receivedAt],
    [
      words.attachments,
      attachments.map(({ name, sizeBytes }) => `${name} (${kilobytes(sizeBytes)})`).join(', '),
    ],
  ].filter(([, value]) => value !== '');
  const body =
    mail.html === null
      ? html`<div class="text">${mail.text}</div>`
      : new Html(withImages(mail.html, imageSource, words.remote));
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${previewPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${headers.subject || words.none}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>
<h1>${headers.subject || words.none}</h1>
<dl>
${new Html(rows.map(([name = '', value = '']) => html`<dt>${name}</dt><dd>${value}</dd>`.text).join('\n'))}
</dl>
</header>
<main>
${body}
</main>
</body>
</html>
`.text;
}

/** Attributes stand as `sanitize` writes them: in double quotes, which are escaped inside. */
const image = /<img\b[^<>]*>/g;

function withImages(safeHtml: string, imageSource: ImageSource, remote: string): string {
  return safeHtml.replace(image, tag => {
    const position = /\sdata-attachment="(\d{1,4})"/.exec(tag)?.[1];
    const elsewhere = /\sdata-remote-src="([^"]{1,2000})"/.exec(tag)?.[1];
    if (elsewhere !== undefined) return `<span class="left-out">${html`${remote}`.text}: ${elsewhere}</span>`;
    const source = position === undefined ? undefined : imageSource(Number(position));
    return source === undefined ? tag : tag.replace(/^<img/, `<img src="${source}"`);
  });
}

function peopleIn(addresses: Address[]): string {
  return addresses
    .map(({ name, address }) => (name && address ? `${name} <${address}>` : name || address))
    .join(', ');
}

function kilobytes(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / 1024))} kB`;
}
