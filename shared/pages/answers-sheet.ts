// Answers as the rows of a spreadsheet, with the words of its reader's language.

import type { Language } from '../domain/settings.ts';
import type { Answer } from '../domain/survey/answer.ts';
import type { Invitation } from '../domain/survey/invitation.ts';
import type { SummedQuestion } from '../domain/survey/sums.ts';

type Cell = string | number | null;

const texts = {
  'pt-BR': {
    columns: [
      'Convite',
      'Atendimento',
      'Serviço',
      'Grupo',
      'Agente',
      'E-mail',
      'Convidado em',
      'Respondido em',
      'Alterado em',
      'Idioma',
      'Suspeita',
      'Alerta',
    ],
    comment: 'Comentário',
    yes: 'Sim',
    no: 'Não',
  },
  en: {
    columns: [
      'Invitation',
      'Attendance',
      'Service',
      'Group',
      'Agent',
      'Mail',
      'Invited at',
      'Answered at',
      'Changed at',
      'Language',
      'Suspect',
      'Alert',
    ],
    comment: 'Comment',
    yes: 'Yes',
    no: 'No',
  },
  es: {
    columns: [
      'Invitación',
      'Atención',
      'Servicio',
      'Grupo',
      'Agente',
      'Correo',
      'Invitado el',
      'Respondido el',
      'Modificado el',
      'Idioma',
      'Sospechosa',
      'Alerta',
    ],
    comment: 'Comentario',
    yes: 'Sí',
    no: 'No',
  },
} as const satisfies Record<Language, unknown>;

/** What cells are parted by where the language is spoken: a comma is in its numbers, or is not. */
export const separators = { 'pt-BR': ';', en: ',', es: ';' } as const;

export type AnswersSheet = {
  header: Cell[];
  /** @throws RangeError for an answer to a question that has no column */
  row: (invitation: Invitation & { answer: Answer }) => Cell[];
};

/**
 * A column for each question id, whatever became of its words and kind. Instants are those of the company's clocks.
 * @param timeZone IANA name
 */
export function answersSheet(
  language: Language,
  questions: readonly SummedQuestion[],
  timeZone: string,
): AnswersSheet {
  const { columns, comment, yes, no } = texts[language];
  const byAge = questions.toSorted((one, other) => (one.askedAt < other.askedAt ? -1 : 1));
  const words = new Map(byAge.map(({ questionId, question }) => [questionId, `${question} [${questionId}]`]));
  const ids = [...words.keys()];
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const local = (instant: string | null) => (instant === null ? null : clock.format(new Date(instant)));
  const flag = (value: boolean) => (value ? yes : no);
  const zoned = new Set([6, 7, 8]);
  return {
    header: [
      ...columns.map((column, index) => (zoned.has(index) ? `${column} (${timeZone})` : column)),
      ...words.values(),
      comment,
    ],
    row: ({ answer, ...invitation }) => {
      const values = new Map(answer.answers.map(({ questionId, value }) => [questionId, value]));
      const missing = [...values.keys()].find(id => !words.has(id));
      // Cut off, so that nobody takes it for whole.
      if (missing !== undefined)
        throw new RangeError(`The question ${missing} came up while answers were read.`);
      return [
        invitation.invitationId,
        invitation.attendanceId,
        invitation.serviceName,
        invitation.groupId,
        invitation.agentId,
        invitation.mailKey,
        local(invitation.invitedAt),
        local(answer.answeredAt),
        local(answer.changedAt),
        answer.language,
        flag(answer.suspect),
        flag(answer.alert),
        ...ids.map(id => toCell(values.get(id))),
        answer.comment,
      ];
    },
  };

  function toCell(value: string | number | boolean | undefined): Cell {
    if (value === undefined) return null;
    return typeof value === 'boolean' ? flag(value) : value;
  }
}
