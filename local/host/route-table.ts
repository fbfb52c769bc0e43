// Which function answers a request: the first whose route fits, in the order of the functions' names, however literal another is.
// https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates

import type { HttpFunction } from './function-definition.ts';

type Segment =
  | { kind: 'literal'; text: string }
  | { kind: 'parameter'; name: string; constraint: RegExp | undefined; optional: boolean }
  | { kind: 'catchAll'; name: string };

export type RouteParameters = Record<string, string>;

export type Route = { segments: Segment[] };

const constraints: Record<string, RegExp> = {
  int: /^-?\d+$/,
  long: /^-?\d+$/,
  alpha: /^[a-z]*$/i,
  bool: /^(true|false)$/i,
  guid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
};

/**
 * The function that answers, and the parameters of its route; undefined when none does, which is 404 for a
 * method too.
 */
export type FindRoute = (
  method: string,
  path: string,
) => { definition: HttpFunction; parameters: RouteParameters } | undefined;

/**
 * Orders the routes of all functions and gives the look-up; throws, naming the function, when a template is
 * not valid. Seen with the real host (4.1037): `r/{id}` of `a-param` answers what was meant for `r/test` of `b-literal`.
 */
export function createRouteTable(definitions: HttpFunction[], prefix: string): FindRoute {
  const routes = definitions
    .map(definition => ({ definition, ...parseRouteOf(definition, prefix) }))
    .sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  return (method, path) => {
    for (const { definition, segments } of routes) {
      if (!definition.trigger.methods.includes(method)) continue;
      const parameters = matchRoute(segments, path);
      if (parameters !== undefined) return { definition, parameters };
    }
    return undefined;
  };
}

function parseRouteOf(definition: HttpFunction, prefix: string): Route {
  const template = [prefix, definition.trigger.route].filter(part => part !== '').join('/');
  try {
    return parseRoute(template);
  } catch (error) {
    throw new Error(`Function '${definition.name}': route '${template}' is not valid`, { cause: error });
  }
}

/** Reads a template. Like the real host it refuses to shadow the host's own `admin` and `runtime`. */
export function parseRoute(template: string): Route {
  const segments = template.split('/').map(parseSegment);
  const [first] = segments;
  if (first?.kind === 'literal' && ['admin', 'runtime'].includes(first.text)) {
    throw new Error('it conflicts with the built-in routes');
  }
  return { segments };
}

function parseSegment(text: string): Segment {
  if (!/[{}]/.test(text)) return { kind: 'literal', text: text.toLowerCase() };
  const [, stars, name, constraintName, optional] = /^\{(\*{0,2})(\w+)(?::(\w+))?(\?)?\}$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`segment '${text}' is not supported`);
  if (stars !== '') return { kind: 'catchAll', name };
  const constraint = constraints[constraintName ?? ''];
  if (constraintName !== undefined && constraint === undefined) {
    throw new Error(`constraint '${constraintName}' is not one of ${Object.keys(constraints).join(', ')}`);
  }
  return { kind: 'parameter', name, constraint, optional: optional !== undefined };
}

/** The parameters of a path that fits, undefined when it does not. Case and one final slash do not matter. */
export function matchRoute(segments: Segment[], path: string): RouteParameters | undefined {
  const texts = path.replace(/^\//, '').replace(/\/$/, '').split('/').map(decodeSegment);
  const parameters: RouteParameters = {};
  for (const [index, segment] of segments.entries()) {
    if (segment.kind === 'catchAll') {
      const rest = texts.slice(index).join('/');
      if (rest !== '') parameters[segment.name] = rest;
      return parameters;
    }
    const text = texts[index] ?? '';
    if (segment.kind === 'literal') {
      if (text.toLowerCase() !== segment.text) return undefined;
    } else if (text !== '') {
      if (segment.constraint?.test(text) === false) return undefined;
      parameters[segment.name] = text;
    } else if (!segment.optional) return undefined;
  }
  return texts.length > segments.length ? undefined : parameters;
}

/**
 * Kestrel decodes a path but for `%2F`, which would change its segments, and leaves a broken escape as it is.
 */
function decodeSegment(segment: string): string {
  return segment.replace(/(?:%(?!2f)[0-9a-f]{2})+/gi, escaped => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return escaped;
    }
  });
}
