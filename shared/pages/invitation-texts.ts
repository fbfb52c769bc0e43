// The words that invite a customer to answer, in each language.
import type { Language } from '../domain/settings.ts';

export type InvitationTexts = {
  subject: (sender: string) => string;
  greeting: (name: string | undefined) => string;
  /** Before the one question of a standard survey. */
  thanks: (sender: string) => string;
  /** In its place, where there are questions that only the page has. */
  request: (sender: string) => string;
  /** Of the link, where the service has no words of its own. */
  linkText: string;
  /** Before the address, where there are no links but addresses. */
  answerAt: string;
  until: (day: string) => string;
};

export const invitationTexts: Record<Language, InvitationTexts> = {
  'pt-BR': {
    subject: sender => `${sender}: como foi o seu atendimento?`,
    greeting: name => (name === undefined ? 'Olá!' : `Olá, ${name}!`),
    thanks: sender =>
      `O seu atendimento com ${sender} foi encerrado. A sua opinião nos ajuda a melhorar, e a resposta leva menos de um minuto.`,
    request: sender =>
      `O seu atendimento com ${sender} foi encerrado. A sua opinião nos ajuda a melhorar: responda, por favor, a algumas perguntas.`,
    linkText: 'Responder à pesquisa',
    answerAt: 'Responda aqui:',
    until: day => `Você pode responder até ${day}.`,
  },
  en: {
    subject: sender => `${sender}: how did we do?`,
    greeting: name => (name === undefined ? 'Hello,' : `Hello ${name},`),
    thanks: sender =>
      `Your request to ${sender} is closed. Your opinion helps us to do better, and the answer takes less than a minute.`,
    request: sender =>
      `Your request to ${sender} is closed. Your opinion helps us to do better: please answer a few questions.`,
    linkText: 'Answer the survey',
    answerAt: 'Answer here:',
    until: day => `You can answer until ${day}.`,
  },
  es: {
    subject: sender => `${sender}: ¿cómo fue su atención?`,
    greeting: name => (name === undefined ? 'Hola:' : `Hola, ${name}:`),
    thanks: sender =>
      `Su caso con ${sender} está cerrado. Su opinión nos ayuda a mejorar, y la respuesta lleva menos de un minuto.`,
    request: sender =>
      `Su caso con ${sender} está cerrado. Su opinión nos ayuda a mejorar: responda, por favor, a algunas preguntas.`,
    linkText: 'Responder a la encuesta',
    answerAt: 'Responda aquí:',
    until: day => `Puede responder hasta el ${day}.`,
  },
};
