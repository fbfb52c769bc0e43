// The operations about groups, schedules and forms, all alike, and about the settings.
import { formSchema } from '../../domain/form/form.ts';
import { groupSchema } from '../../domain/group.ts';
import { scheduleSchema } from '../../domain/schedule/schedule.ts';
import { settingsSchema } from '../../domain/settings.ts';
import { exampleIds, type Operations } from './operation.ts';
import { pageOf, removed, versioned } from './parts.ts';
import { form, group, hours, preRegistration, schedule, settings } from './reference-answers.ts';

const workday = [
  { from: '08:00', to: '12:00' },
  { from: '13:00', to: '18:00' },
];
const kinds = {
  groups: {
    one: 'group',
    id: exampleIds.group,
    sent: groupSchema.meta({ id: 'GroupWritten' }),
    answered: group,
    body: { name: 'Suporte, primeiro nível' },
  },
  schedules: {
    one: 'schedule',
    id: exampleIds.schedule,
    sent: scheduleSchema.meta({ id: 'ScheduleWritten' }),
    answered: schedule,
    body: {
      name: 'Comercial',
      timeZone: 'America/Sao_Paulo',
      week: { mon: workday, tue: workday, wed: workday, thu: workday, fri: workday },
      holidays: [{ date: '2026-12-25', name: 'Natal', closed: true }],
    },
  },
  forms: {
    one: 'form',
    id: exampleIds.form,
    sent: formSchema.meta({ id: 'FormWritten' }),
    answered: form,
    body: {
      name: 'Pedido',
      language: 'pt-BR',
      fields: [
        {
          id: 'numero',
          label: 'Número',
          type: 'number',
          source: { pattern: '(?i)pedido (\\d+)', in: 'subject' },
        },
        { id: 'canal', label: 'Canal', type: 'text', source: { constant: 'E-mail' } },
      ],
    },
  },
};

const alike = Object.entries(kinds).flatMap(([plural, { one, id, sent, answered, body }]) => {
  const tag = 'References' as const;
  const path = { id };
  const operations: Operations = {
    [`${plural}-list`]: {
      tag,
      summary: `List the ${plural}`,
      answers: { 200: { says: `A page of ${plural}.`, json: pageOf(answered) } },
      example: { query: { limit: '20' } },
    },
    [`${plural}-read`]: {
      tag,
      summary: `Read a ${one}`,
      answers: { 200: versioned(`The ${one}.`, answered) },
      errors: ['not_found', 'malformed_parameter'],
      example: { path },
    },
    [`${plural}-put`]: {
      tag,
      summary: `Create or replace a ${one}`,
      description: `Creating needs no If-Match. A changed ${one} is in no event already sent.`,
      body: sent,
      ifMatch: 'replacing',
      answers: {
        200: versioned('It is replaced.', answered),
        201: versioned('It is created.', answered),
      },
      example: { path, body },
    },
    [`${plural}-remove`]: {
      tag,
      summary: `Delete a ${one} that no service names`,
      ifMatch: 'always',
      answers: { 204: removed },
      errors: ['not_found', 'conflict'],
      example: { path },
    },
  };
  return Object.entries(operations);
});

/** By the names of their functions. */
export const references: Operations = {
  ...Object.fromEntries(alike),
  'schedules-open': {
    tag: 'References',
    summary: 'Whether a schedule is open at an instant, why, and until when',
    description: 'Without `at`, now.',
    answers: { 200: { says: 'What holds then.', json: hours } },
    errors: ['not_found'],
    example: {
      path: { id: exampleIds.schedule },
      query: { at: '2026-12-24T12:00:00Z' },
      answer: {
        at: '2026-12-24T12:00:00.000Z',
        open: true,
        changesAt: '2026-12-24T15:00:00.000Z',
        reason: { day: 'thu', holiday: null, interval: { from: '08:00', to: '12:00' } },
        turns: [{ at: '2026-12-24T15:00:00.000Z', open: false }],
      },
    },
  },
  'forms-preview': {
    tag: 'References',
    summary: 'What a form would become of a mail',
    description: 'Of one in the ledger (`mailKey`), or of one that is sent along (`eml`). Nothing is kept.',
    answers: { 200: { says: 'The form, filled in.', json: preRegistration } },
    errors: ['not_found', 'malformed_parameter'],
    example: {
      path: { id: exampleIds.form },
      body: { eml: 'From: ana@exemplo.com.br\r\nSubject: Pedido 4711\r\n\r\nOnde ele está?\r\n' },
      answer: {
        formId: exampleIds.form,
        formName: 'Pedido',
        fields: [
          { id: 'numero', label: 'Número', value: 4711 },
          { id: 'canal', label: 'Canal', value: 'E-mail' },
        ],
        missing: [],
      },
    },
  },
  'settings-read': {
    tag: 'Settings',
    summary: 'Read the general settings',
    answers: { 200: versioned('The settings.', settings) },
    example: {},
  },
  'settings-change': {
    tag: 'Settings',
    summary: 'Change the general settings',
    body: settingsSchema.meta({ id: 'SettingsPatch' }),
    isPatch: true,
    ifMatch: 'always',
    answers: { 200: versioned('The settings after the change.', settings) },
    example: { body: { publicUrl: 'https://atendimento.empresa.com.br', defaultLanguage: 'pt-BR' } },
  },
};
