// The API as people read it: the OpenAPI document as one page, without scripts and without anything from elsewhere.
import { Html, html } from './html.ts';
import { type Page, pageOf } from './layout.ts';
import { membersOf, type Schema, typeOf, written } from './schema-list.ts';

type Content = Record<string, { schema?: Schema; example?: unknown }>;
type Response = { description: string; content?: Content };
type Parameter = {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
  example?: unknown;
};
type Operation = {
  operationId?: string;
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses?: Record<string, Response>;
  security?: unknown[];
};

/** What of an OpenAPI document is shown. */
type Document = {
  info: { description?: unknown };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, object>>;
  components: { schemas: Record<string, Schema> };
};

type Placed = { method: string; path: string; operation: Operation };

/** The page, in English as the API is. */
export function docsPage({ info, tags, paths, components }: Document): Page {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation: operation as Operation,
    })),
  );
  const sections = tags.map(({ name, description }) => {
    const own = all.filter(({ operation }) => operation.tags?.includes(name));
    return html`<h2>${name}</h2>\n<p>${description}</p>\n${joined(own.map(operationPart))}`;
  });
  // The id is inside: going to it opens what it is in.
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      html`<details><summary><code>${name}</code> ${written(String(schema.description ?? ''))}</summary><div id="schema-${name}">${membersOf(schema)}</div></details>\n`,
  );
  const body = html`<p>${written(String(info.description ?? ''))}</p>
<p><a href="openapi.json">As OpenAPI 3.1</a>. Send <code>Authorization: Bearer {token}</code>, an access token of Entra ID with one of the roles that are named; the webhook is signed instead.</p>
${joined(sections)}
<h2>Schemas</h2>
${joined(schemas)}`;
  return pageOf(200, 'en', { title: 'Malote: the HTTP API', body });
}

function operationPart({ method, path, operation }: Placed): Html {
  const { operationId = '', summary = '', description = '', parameters = [], requestBody } = operation;
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const body = content?.schema
    ? html`<h4>Body</h4><p><code>${type ?? ''}</code>: ${typeOf(content.schema)}</p>${membersOf(content.schema)}`
    : html``;
  return html`<details id="${operationId}"><summary><code>${method} ${path}</code> ${summary}</summary>
<p>${written(description)}</p>
${listOf('Parameters', parameters.map(parameterLine))}
${body}
<h4>Example</h4>
<pre>${exampleOf({ method, path, operation })}</pre>
${listOf('Answers', Object.entries(operation.responses ?? {}).map(answerLine))}
</details>
`;
}

function parameterLine({ name, in: place, required, description = '', schema }: Parameter): Html {
  const needed = required ? ', required' : '';
  return html`<code>${name}</code> in ${place}${needed}: ${typeOf(schema)} ${written(description)}`;
}

function answerLine([status, { description, content = {} }]: [string, Response]): Html {
  const [type, { schema, example } = {}] = Object.entries(content)[0] ?? [];
  const isProblem = type === 'application/problem+json';
  const shape = schema?.type === 'string' || isProblem || !schema ? html`` : html` ${typeOf(schema)}`;
  const shown = example === undefined ? html`` : html`<pre>${JSON.stringify(example, null, 2)}</pre>`;
  return html`<strong>${status}</strong> ${written(description)}${shape}${shown}`;
}

/** The line for a shell. */
function exampleOf({ method, path, operation }: Placed): string {
  const { parameters = [], requestBody, security } = operation;
  const given = parameters.filter(({ example }) => example !== undefined);
  const filled = given
    .filter(parameter => parameter.in === 'path')
    .reduce((at, { name, example }) => at.replace(`{${name}}`, String(example)), path);
  const query = given
    .filter(parameter => parameter.in === 'query')
    .map(({ name, example }) => `${name}=${encodeURIComponent(String(example))}`);
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const parts = [
    `curl${method === 'GET' ? '' : ` -X ${method}`} "$URL${filled}${query.length > 0 ? `?${query.join('&')}` : ''}"`,
    ...(security === undefined ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(given.some(({ name }) => name === 'If-Match') ? ['-H "If-Match: $ETAG"'] : []),
    ...(content?.example === undefined
      ? []
      : [`-H 'Content-Type: ${type}'`, `-d '${JSON.stringify(content.example, null, 2)}'`]),
  ];
  return parts.join(' \\\n  ');
}

function listOf(title: string, lines: Html[]): Html {
  if (lines.length === 0) return html``;
  return html`<h4>${title}</h4><ul>${joined(lines.map(line => html`<li>${line}</li>\n`))}</ul>`;
}

function joined(parts: Html[]): Html {
  return new Html(parts.map(({ text }) => text).join(''));
}
