// What who opens the bare address of the app reads: what this is, and where to go.
import type { Language } from '../domain/settings.ts';
import { type Html, html } from './html.ts';
import { type Page, pageOf } from './layout.ts';

/** The page, the same whether the app is set up or not. */
export function frontPage(language: Language): Page {
  return pageOf(200, language, { title: 'Malote', body: bodies[language] });
}

const bodies: Record<Language, Html> = {
  'pt-BR': html`<p>Malote recebe os e-mails das caixas postais de uma central de atendimento e os entrega, tratados e seguros, à plataforma de atendimento.</p>
<ul>
<li><a href="api/docs">A API, para pessoas</a> (em inglês)</li>
<li><a href="api/openapi.json">A API, para programas (OpenAPI)</a></li>
<li><a href="api/health/ready">Está tudo no ar?</a></li>
</ul>
<p>Se você clicou num link de um e-mail e chegou aqui, o link está incompleto: abra-o de novo a partir do e-mail.</p>`,
  en: html`<p>Malote takes in the mail of a contact centre’s mailboxes and hands it, parsed and safe, to the contact-centre platform.</p>
<ul>
<li><a href="api/docs">The API, for people</a></li>
<li><a href="api/openapi.json">The API, for programs (OpenAPI)</a></li>
<li><a href="api/health/ready">Is everything up?</a></li>
</ul>
<p>If you followed a link in a mail and came here, the link is not whole: open it once more from the mail.</p>`,
  es: html`<p>Malote recibe los correos de los buzones de un centro de atención y los entrega, procesados y seguros, a la plataforma de atención.</p>
<ul>
<li><a href="api/docs">La API, para personas</a> (en inglés)</li>
<li><a href="api/openapi.json">La API, para programas (OpenAPI)</a></li>
<li><a href="api/health/ready">¿Está todo en marcha?</a></li>
</ul>
<p>Si siguió un enlace de un correo y llegó aquí, el enlace está incompleto: ábralo de nuevo desde el correo.</p>`,
};
