// A form filled in of a mail. Patterns of strangers run over texts of strangers: by RE2, in time that grows with the text alone.
import { RE2JS } from 're2js';
import { dayIn } from '../day.ts';
import type { Address } from '../mail/mail.ts';
import { senderIn } from '../mail/sender.ts';
import type { FieldSource, Form, FormField } from './form.ts';
import { type FieldValue, LONGEST_VALUE, readValue } from './values.ts';

/** What a form is filled in of. */
export type FormInput = {
  subject: string;
  from: readonly Pick<Address, 'name' | 'address'>[];
  to: readonly Pick<Address, 'address'>[];
  /** RFC 3339. */
  receivedAt: string;
  text: string;
  newText: string;
};

/** A value, `truncated` when its end was left out. */
export type FilledField = { id: string; label: string; value: FieldValue; truncated?: true };

/** A form filled in: the fields in their order, and the ids of those for which the mail has nothing that fits. */
export type PreRegistration = {
  formId: string;
  formName: string;
  fields: FilledField[];
  missing: string[];
};

/** Characters of a text that patterns are looked for in. */
const LONGEST_SEARCHED = 20_000;

/** Fills a form in. @param timeZone the company's, in which a date of reception is one */
export function fillForm(form: Form, input: FormInput, timeZone: string): PreRegistration {
  const fields: FilledField[] = [];
  const missing: string[] = [];
  for (const field of form.fields) {
    const filled = fillField(form, field, input, timeZone);
    if (filled) fields.push(filled);
    else missing.push(field.id);
  }
  return { formId: form.id, formName: form.name, fields, missing };
}

/** A form of which nothing could be filled in. */
export function unfilled(form: Form): PreRegistration {
  return { formId: form.id, formName: form.name, fields: [], missing: form.fields.map(({ id }) => id) };
}

function fillField(
  form: Form,
  field: FormField,
  input: FormInput,
  timeZone: string,
): FilledField | undefined {
  const { id, label, source, type } = field;
  const found =
    source === 'receivedAt' && type === 'date' ? dayIn(timeZone, input.receivedAt) : sourceOf(source, input);
  const value = readValue(field, found, form.language);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length <= LONGEST_VALUE) return { id, label, value };
  return { id, label, value: value.slice(0, LONGEST_VALUE).toWellFormed(), truncated: true };
}

/** Empty when the mail has none. */
function sourceOf(source: FieldSource, input: FormInput): string {
  switch (source) {
    case 'subject':
      return input.subject;
    case 'fromName':
      return senderIn(input.from)?.name ?? '';
    case 'fromAddress':
      return senderIn(input.from)?.address ?? '';
    case 'to':
      return input.to
        .map(({ address }) => address)
        .filter(Boolean)
        .join(', ');
    case 'receivedAt':
      return input.receivedAt;
    case 'newText':
      return input.newText;
    default:
      return 'constant' in source ? source.constant : firstMatch(source.pattern, textFor(source, input));
  }
}

/** What the sender says first, then what they quote. */
function textFor(source: { in: 'subject' | 'text' }, { subject, newText, text }: FormInput): string {
  return source.in === 'subject' ? subject : `${newText}\n${text}`.slice(0, LONGEST_SEARCHED);
}

const compiled = new Map<string, RE2JS>();
const MOST_COMPILED = 500;

function firstMatch(pattern: string, text: string): string {
  let found = compiled.get(pattern);
  if (!found) {
    if (compiled.size >= MOST_COMPILED) compiled.clear();
    found = RE2JS.compile(pattern);
    compiled.set(pattern, found);
  }
  const matcher = found.matcher(text);
  if (!matcher.find()) return '';
  return matcher.group(matcher.groupCount() > 0 ? 1 : 0) ?? '';
}
