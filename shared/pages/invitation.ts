// The invitation ready to be sent: a subject, a text, and HTML.
import type { Invitation } from '../domain/survey/invitation.ts';
import { html } from './html.ts';

type Facts = { invitation: Invitation; link: string; sender: string; timeZone: string };

export type ReadyInvitation = { subject: string; text: string; html: string };

const words = {
  'pt-BR': { subject: 'como foi o seu atendimento?', link: 'Responder à pesquisa' },
  en: { subject: 'how did we do?', link: 'Answer the survey' },
  es: { subject: '¿cómo fue su atención?', link: 'Responder a la encuesta' },
};

/** What a customer reads. */
export function readyInvitation({ invitation: { language }, link, sender }: Facts): ReadyInvitation {
  const { subject: question, link: linkText } = words[language];
  const subject = `${sender}: ${question}`;
  return {
    subject,
    text: `${subject}\n\n${linkText}: ${link}\n`,
    html: html`<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${subject}</title></head><body><p>${subject}</p><p><a href="${link}">${linkText}</a></p></body></html>`
      .text,
  };
}
