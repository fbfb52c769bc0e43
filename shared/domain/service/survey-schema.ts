// How the survey of a service may be written: none, the standard question, or up to twenty of one's own; and under which terms.
import * as z from 'zod';
import { asks, flag, line, optionalText, wholeNumber } from '../schema-messages.ts';
import { defaultTerms } from './survey.ts';

const questionTypes = ['csat', 'nps', 'ces', 'yesNo', 'text'] as const;
const typeNames = `${questionTypes.map(type => `"${type}"`).join(', ')} or "choice"`;
const questionText = line('give the question that the customer reads', 500);
const required = flag(false);
const idRule =
  'must be 1 to 40 lower-case letters, digits and hyphens, such as "prazo"; leave it out to be given one';
const questionId = z
  .string({ error: idRule })
  .regex(/^[a-z0-9-]{1,40}$/, idRule)
  .optional();

const choices = z
  .array(line('give the words of the choice', 200), {
    error: asks('give 2 to 20 choices', 'a list of 2 to 20 texts'),
  })
  .min(2, 'has fewer than 2 choices; add some')
  .max(20, 'has more than 20 choices; remove some')
  .refine(list => new Set(list).size === list.length, 'has the same choice twice; remove one');

const asksQuestion = asks('give {"type", "text"}', 'an object with type and text');

const question = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ id: questionId, type: z.enum(questionTypes), text: questionText, required }),
    z.strictObject({ id: questionId, type: z.literal('choice'), text: questionText, required, choices }),
  ],
  { error: issue => (issue.code === 'invalid_union' ? `must be ${typeNames}` : asksQuestion(issue)) },
);

// Either an address with a scheme, one that begins with www., or a single word that is a host name.
const addressLike = /\b[a-z][a-z0-9+.-]*:\/\/|\bmailto:|\bwww\.|^\S+\.[a-z]{2,}(\/\S*)?$/i;

const linkText = optionalText(100).refine(
  text => text === undefined || !addressLike.test(text),
  'is an address; give only the words of the link, for the address is made for each invitation',
);

const commentDisabled = flag(false).meta({ title: 'Desabilitar Comentário' });

const terms = {
  delivery: z
    .enum(['platform', 'mailbox'], {
      error: 'must be "platform" (sends what the webhook answers) or "mailbox" (Malote sends it)',
    })
    .default(defaultTerms.delivery)
    .meta({ title: 'Envio do convite' }),
  askAgainAfterDays: wholeNumber(0, 365, 'leave it out to ask after every attendance')
    .default(defaultTerms.askAgainAfterDays)
    .meta({ title: 'Dias até perguntar de novo' }),
  expiresAfterDays: wholeNumber(1, 90, `leave it out for ${defaultTerms.expiresAfterDays}`)
    .default(defaultTerms.expiresAfterDays)
    .meta({ title: 'Validade do convite' }),
  changeableHours: wholeNumber(0, 168, `leave it out for ${defaultTerms.changeableHours}`)
    .default(defaultTerms.changeableHours)
    .meta({ title: 'Horas para mudar a resposta' }),
  alertBelow: wholeNumber(1, 5, 'leave it out for no alerts').optional().meta({ title: 'Alerta abaixo de' }),
};
const surveyType = { title: 'Tipo de Pesquisa de Satisfação' };
const asksSurvey = asks('give {"type": "none"}', 'an object with type, such as {"type": "none"}');

/** The schema of `survey`. */
export const surveySchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('none').meta(surveyType) }),
    z.strictObject({
      type: z.literal('standard').meta(surveyType),
      questionText: optionalText(500).meta({ title: 'Texto para Pergunta Padrão' }),
      linkText: linkText.meta({ title: 'Texto para Link' }),
      commentDisabled,
      ...terms,
    }),
    z.strictObject({
      type: z.literal('custom').meta(surveyType),
      questions: z
        .array(question, { error: asks('give 1 to 20 questions', 'a list of 1 to 20 questions') })
        .min(1, 'is empty; give 1 to 20 questions')
        .max(20, 'has more than 20 questions; remove some')
        .superRefine(refuseRepeatedIds)
        .meta({ title: 'Pesquisa personalizada' }),
      commentDisabled,
      ...terms,
    }),
  ],
  {
    error: issue =>
      issue.code === 'invalid_union' ? 'must be "none", "standard" or "custom"' : asksSurvey(issue),
  },
);

function refuseRepeatedIds(
  questions: readonly { id?: string | undefined }[],
  context: z.core.$RefinementCtx,
): void {
  for (const [index, { id }] of questions.entries()) {
    if (id === undefined || questions.findIndex(other => other.id === id) === index) continue;
    const message = `is the id of another question; give another, or leave it out`;
    context.addIssue({ code: 'custom', path: [index, 'id'], message });
  }
}
