// The frame of every page: complete in itself, without scripts, and with nothing from anywhere else.
import { createHash } from 'node:crypto';
import type { Language } from '../domain/settings.ts';
import { Html, html } from './html.ts';

/** A page to be sent: see http/page.ts. */
export type Page = {
  status: number;
  language: Language;
  html: string;
  contentSecurityPolicy: string;
  headers?: Record<string, string>;
};

const style = `
:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; padding: 3rem 1.25rem; max-width: 38rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
strong, code { overflow-wrap: anywhere; }
code, pre { font-size: 0.875em; }
pre { overflow-x: auto; padding: 0.75rem; background: color-mix(in srgb, currentColor 8%, transparent); }
summary { cursor: pointer; padding: 0.25rem 0; }
details { margin-left: 0.5rem; }
`;

// The style alone, and that by its digest: not even what slipped into the page could load, run, or be sent anywhere.
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A page that says one thing. */
export function pageOf(
  status: number,
  language: Language,
  { title, body }: { title: string; body: Html },
): Page {
  const document = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
  return { status, language, html: document.text, contentSecurityPolicy };
}
