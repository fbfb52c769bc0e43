// The frame of every page that customers see: who asks, in which language, and what becomes of an answer.
import { createHash } from 'node:crypto';
import { type Language, languages, type Settings } from '../domain/settings.ts';
import { optOutField } from '../domain/survey/read-answer.ts';
import { Html, html } from './html.ts';
import type { Page } from './layout.ts';
import { surveyStyle } from './survey-style.ts';
import { languageNames, surveyTexts } from './survey-texts.ts';

/** A company as its customers know it. */
export type Company = {
  name: string;
  /** Digest of the image that is served for it. */
  logo: string | null;
  accent: string | null;
  privacyUrl: string | null;
  /** Days; null for no term. */
  retentionDays: number | null;
};

/** The company of the settings; a service's name where they have none. */
export function companyOf(
  { branding, retentionDays }: Settings,
  logo: string | null,
  serviceName: string,
): Company {
  const { name, accent, privacyUrl } = branding;
  return { name: name ?? serviceName, logo, accent, privacyUrl, retentionDays: retentionDays.surveys };
}

type Framed = {
  status: number;
  language: Language;
  /** Of the window; the heading is in the body. */
  title: string;
  body: Html;
  /** Null where nothing may be told of who asks. */
  company: Company | null;
  /** What the links to other languages keep of the query. */
  query?: Record<string, string>;
  canOptOut?: boolean;
  retryAfterSeconds?: number;
};

/** The page, with its headers: nothing in it comes from elsewhere, runs, or is sent elsewhere. */
export function framed({ status, language, title, body, company, ...more }: Framed): Page {
  const style = surveyStyle(company?.accent ?? null);
  const document = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${company ? `${title} – ${company.name}` : title}</title>
<style>${new Html(style)}</style>
</head>
<body>
${company ? header(company, language, more.query ?? {}) : html``}<main>
${body}
</main>
${company ? footer(company, language, more.canOptOut ?? false) : html``}</body>
</html>
`;
  const { retryAfterSeconds } = more;
  return {
    status,
    language,
    html: document.text,
    contentSecurityPolicy: [
      "default-src 'none'",
      `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
      "img-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    headers: {
      'referrer-policy': 'same-origin',
      'x-robots-tag': 'noindex, nofollow',
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
  };
}

function header({ name, logo }: Company, language: Language, query: Record<string, string>): Html {
  const links = languages.map(each =>
    each === language
      ? html`<li><span aria-current="true">${languageNames[each]}</span></li>`
      : html`<li><a href="?${new URLSearchParams({ ...query, lang: each }).toString()}" lang="${each}" hreflang="${each}">${languageNames[each]}</a></li>`,
  );
  return html`<header>
${logo === null ? html`<b>${name}</b>` : html`<img src="../survey-logo/${logo}" alt="${name}">`}
<nav aria-label="${surveyTexts[language].languages}"><ul>${links}</ul></nav>
</header>
`;
}

function footer({ name, retentionDays, privacyUrl }: Company, language: Language, canOptOut: boolean): Html {
  const { footer: texts } = surveyTexts[language];
  return html`<footer>
<p>${texts.asks(name)} ${texts.kept(retentionDays)}</p>
${
  privacyUrl === null
    ? html``
    : html`<p><a href="${privacyUrl}" rel="noreferrer">${texts.privacy}</a></p>
`
}${
  canOptOut
    ? html`<form method="post" action="?lang=${language}"><button name="${optOutField}" value="yes">${texts.optOut}</button></form>
`
    : html``
}</footer>
`;
}
