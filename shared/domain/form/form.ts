// A form ("ficha"): what is filled in of a mail that opens a conversation, for whoever serves it.
import { RE2JS } from 're2js';
import * as z from 'zod';
import type { JsonObject } from '../merge-patch.ts';
import { refusal } from '../refusal.ts';
import { asks, line, misplacedId, toFieldErrors } from '../schema-messages.ts';
import { type Language, languages } from '../settings.ts';

/** What of a mail a field takes as it is. */
export const mailSources = ['subject', 'fromName', 'fromAddress', 'to', 'receivedAt', 'newText'] as const;
type MailSource = (typeof mailSources)[number];

/** Where a value comes from. A pattern is of RE2; its first group counts if it has one, else all that matches. */
export type FieldSource =
  | MailSource
  | { readonly constant: string }
  | { readonly pattern: string; readonly in: 'subject' | 'text' };

export type FormField = {
  readonly id: string;
  readonly label: string;
  readonly source: FieldSource;
} & (
  | { readonly type: 'text' | 'number' | 'date' | 'yesNo' }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
);

export type Form = {
  readonly id: string;
  readonly name: string;
  /** In which numbers and dates are written. */
  readonly language: Language;
  readonly fields: readonly FormField[];
};

const LONGEST_PATTERN = 200;

const sourceNames = mailSources.map(name => `"${name}"`).join(', ');
const mustBeSource = `must be ${sourceNames}, {"constant": "..."} or {"pattern": "...", "in": "subject" or "text"}`;

// What is wrong with a pattern is told after its kind of source is known, at its own member.
const source = z
  .union(
    [
      z.enum(mailSources),
      z.strictObject({ constant: line('give the text', 500) }),
      z.strictObject({ pattern: z.string(), in: z.enum(['subject', 'text']).default('text') }),
    ],
    { error: mustBeSource },
  )
  .superRefine((written, context) => {
    if (typeof written === 'string' || !('pattern' in written)) return;
    const message = faultOf(written.pattern);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['pattern'], message });
  });

const fieldId = z
  .string({ error: asks('give an id such as "order"', 'a text') })
  .regex(
    /^[A-Za-z][\w-]{0,63}$/,
    'must be 1 to 64 letters, digits, hyphens or underscores, the first a letter',
  );
const label = line('give the words that stand before the value', 100);

const choices = z
  .array(line('give the words of the choice', 200), {
    error: asks('give 2 to 100 choices', 'a list of 2 to 100 texts'),
  })
  .min(2, 'has fewer than 2 choices; add some')
  .max(100, 'has more than 100 choices; remove some')
  .refine(list => new Set(list.map(fold)).size === list.length, 'has the same choice twice; remove one');

const plainTypes = ['text', 'number', 'date', 'yesNo'] as const;
const asksField = asks('give {"id", "label", "type", "source"}', 'an object with id, label, type and source');

const field = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ id: fieldId, label, source, type: z.enum(plainTypes) }),
    z.strictObject({ id: fieldId, label, source, type: z.literal('choice'), choices }),
  ],
  {
    error: issue =>
      issue.code === 'invalid_union'
        ? 'must be "text", "number", "date", "yesNo" or "choice"'
        : asksField(issue),
  },
);

/** Everything of a form that its caller writes. */
export const formSchema = z.strictObject({
  name: line('give the name that people know the form by', 100).meta({ title: 'Nome da Ficha' }),
  language: z
    .enum(languages, { error: asks('give the language of its numbers and dates', '"pt-BR", "en" or "es"') })
    .meta({ title: 'Idioma' }),
  fields: z
    .array(field, { error: asks('give 1 to 50 fields', 'a list of 1 to 50 fields') })
    .min(1, 'is empty; give 1 to 50 fields')
    .max(50, 'has more than 50 fields; remove some')
    .superRefine((list, context) => {
      const seen = new Set<string>();
      for (const [index, { id }] of list.entries()) {
        if (seen.has(id)) {
          context.addIssue({
            code: 'custom',
            path: [index, 'id'],
            message: 'is the id of another field; choose another',
          });
        }
        seen.add(id);
      }
    })
    .meta({ title: 'Campos' }),
});

/** Why members that exist are refused where they stand. */
const misplaced = { ...misplacedId, 'fields[].choices': 'belongs to a field of type "choice"; leave it out' };

/** The form as its caller wrote it. @throws MaloteError `invalid` with every fault */
export function readForm(id: string, written: JsonObject): Form {
  const parsed = formSchema.safeParse(written);
  if (!parsed.success) throw refusal('invalid', toFieldErrors(parsed.error.issues, misplaced));
  return { id, ...parsed.data };
}

/** One form of what people take for the same: case, accents and blanks do not count. */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();
}

function faultOf(pattern: string): string | undefined {
  if (pattern === '') return 'is empty; give a pattern';
  if (pattern.length > LONGEST_PATTERN) return `is longer than ${LONGEST_PATTERN} characters; shorten it`;
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return `is not a pattern of RE2: ${fault.replace(/^error parsing regexp: /, '')}`;
  }
}
