// A JSON Schema as people read it: its members in a list, each with its type, its title and what is to be known.
import { Html, html } from './html.ts';

export type Schema = { [member: string]: unknown };

const named = '#/components/schemas/';

/** The type in words; one that has a name is linked to. */
export function typeOf(schema: Schema): Html {
  const { $ref, type, items, enum: values, const: only, format } = schema;
  const ways = waysOf(schema);
  if (typeof $ref === 'string') {
    const name = $ref.replace(named, '');
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (ways.length > 0) {
    const texts = new Set(ways.map(way => typeOf(way).text));
    return new Html([...texts].join(' or '));
  }
  if (only !== undefined) return html`<code>${JSON.stringify(only)}</code>`;
  if (Array.isArray(values))
    return joined(
      values.map(value => html`<code>${JSON.stringify(value)}</code>`),
      ', ',
    );
  if (type === 'array') return html`list of ${typeOf((items ?? {}) as Schema)}`;
  return html`${String(format ?? (Array.isArray(type) ? type.join(' or ') : (type ?? 'anything')))}`;
}

/** The members, those of members within; nothing for what has none. */
export function membersOf(schema: Schema): Html {
  const ways = waysOf(schema).filter(hasMembers);
  if (ways.length > 1)
    return joined(
      ways.map(way => html`<p>Either:</p>${membersOf(way)}`),
      '',
    );
  if (ways[0]) return membersOf(ways[0]);
  if (schema.type === 'array') return membersOf((schema.items ?? {}) as Schema);
  const required = (schema.required ?? []) as string[];
  const members = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  if (members.length === 0) return html``;
  const lines = members.map(([name, member]) => {
    const { title, description, default: usual } = member;
    const notes = [
      title,
      required.includes(name) ? 'required' : undefined,
      usual === undefined ? undefined : `${JSON.stringify(usual)} unless given`,
      description,
    ].filter(note => note !== undefined);
    return html`<li><code>${name}</code>: ${typeOf(member)}${notes.length > 0 ? html` (${written(notes.join('; '))})` : ''}${membersOf(member)}</li>\n`;
  });
  return html`<ul>${joined(lines, '')}</ul>`;
}

/** Words in which code stands between backquotes. */
export function written(text: string): Html {
  return joined(
    text.split('`').map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`)),
    '',
  );
}

function waysOf({ oneOf, anyOf }: Schema): Schema[] {
  return (oneOf ?? anyOf ?? []) as Schema[];
}

function hasMembers(schema: Schema): boolean {
  return schema.properties !== undefined || schema.type === 'array' || waysOf(schema).some(hasMembers);
}

function joined(parts: Html[], between: string): Html {
  return new Html(parts.map(({ text }) => text).join(between));
}
