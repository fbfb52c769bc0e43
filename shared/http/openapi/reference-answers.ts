// How groups, schedules, forms and settings are answered.
import * as z from 'zod';
import { weekdays } from '../../domain/schedule/schedule.ts';
import { instant } from './parts.ts';

const id = z.string().meta({ description: 'As its caller chose it.' });
const interval = z.object({ from: z.string(), to: z.string() });
const intervals = z.array(interval);

export const group = z
  .object({ id, name: z.string(), obsolete: z.boolean() })
  .meta({ id: 'Group', description: 'The agents who may serve the mail of a service.' });

export const schedule = z
  .object({
    id,
    name: z.string(),
    timeZone: z.string(),
    week: z.object(Object.fromEntries(weekdays.map(day => [day, intervals]))),
    holidays: z.array(z.object({ date: z.iso.date(), name: z.string(), intervals })),
    obsolete: z.boolean(),
  })
  .meta({ id: 'Schedule', description: 'When somebody is there, week by week.' });

const source = z.union([
  z.string(),
  z.object({ constant: z.string() }),
  z.object({ pattern: z.string(), in: z.enum(['subject', 'text']) }),
]);
export const form = z
  .object({
    id,
    name: z.string(),
    language: z.string(),
    fields: z.array(
      z.object({
        id: z.string(),
        label: z.string(),
        type: z.enum(['text', 'number', 'date', 'yesNo', 'choice']),
        source,
        choices: z.array(z.string()).optional(),
      }),
    ),
  })
  .meta({ id: 'Form', description: 'What is filled in of a mail that opens a conversation.' });

export const preRegistration = z
  .object({
    formId: z.string(),
    formName: z.string(),
    fields: z.array(
      z.object({
        id: z.string(),
        label: z.string(),
        value: z.union([z.string(), z.number(), z.boolean()]),
        truncated: z.literal(true).optional(),
      }),
    ),
    missing: z.array(z.string()).meta({ description: 'Fields for which the mail has nothing that fits.' }),
  })
  .meta({ id: 'PreRegistration' });

export const hours = z
  .object({
    at: instant,
    open: z.boolean(),
    changesAt: instant.nullable().meta({ description: 'Null: it never changes.' }),
    reason: z.object({
      day: z.enum(weekdays),
      holiday: z.string().nullable(),
      interval: interval.nullable(),
    }),
    turns: z
      .array(z.object({ at: instant, open: z.boolean() }))
      .meta({ description: 'Of the seven days after `at`.' }),
  })
  .meta({ id: 'Hours' });

export const settings = z
  .object({
    publicUrl: z.string().nullable(),
    internalUrl: z.string().nullable(),
    defaultLanguage: z.string(),
    timeZone: z.string(),
    branding: z.object({
      name: z.string().nullable(),
      logoUrl: z.string().nullable(),
      accent: z.string().nullable(),
      privacyUrl: z.string().nullable(),
    }),
    retentionDays: z.object({ mails: z.int().nullable(), surveys: z.int().nullable() }),
  })
  .meta({ id: 'Settings' });
