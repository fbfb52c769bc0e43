// The parts of a request's path that its route leaves open.
import type { HttpRequest, InvocationContext } from '@azure/functions';

/**
 * Read from the path itself: `request.params` holds members of the body and the query too, and one of those that spells a
 * parameter's name otherwise (`?ID=...`) takes its place. A slash that was escaped stays so.
 */
export function pathParameters(request: HttpRequest, { options }: InvocationContext): Record<string, string> {
  const template = String(options.trigger.route ?? '').split('/');
  const path = new URL(request.url).pathname.split('/').filter(part => part !== '');
  const parts = path.slice(-template.length);
  return Object.fromEntries(
    template.flatMap((part, index) => {
      const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
      return name === undefined ? [] : [[name, decodePart(parts[index] ?? '')]];
    }),
  );
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll(/%(?=2f)/gi, '%25'));
  } catch {
    return part;
  }
}
