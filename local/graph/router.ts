// Which operation a path means. Graph's addresses do not mind the case of their words, but that of ids they do.
import { folderOperations } from './folder-operations.ts';
import { badRequest, unsupported } from './graph-error.ts';
import { messageOperations } from './message-operations.ts';
import type { Operation } from './operation.ts';
import { sendMail } from './send-mail.ts';

export type Route = { operation: Operation; user: string; id: string };

const operations = [...folderOperations, ...messageOperations, sendMail];

/** Throws 400 for what is no address of Graph, 501 for what only Graph itself knows. */
export function route(method: string, pathname: string): Route {
  const [version, users, user, ...rest] = pathname.split('/').slice(1).map(decode);
  if (version !== 'v1.0') throw badRequest('Invalid version.');
  if (users?.toLowerCase() !== 'users' || !user) throw unsupported(`${method} ${pathname}`);
  for (const operation of operations) {
    if (operation.method !== method) continue;
    const id = match(operation.path.split('/'), rest);
    if (id !== undefined) return { operation, user, id };
  }
  throw unsupported(`${method} ${pathname}`);
}

/** What stands in the place of `{id}`, empty where there is none; undefined when it is another path. */
function match(pattern: string[], segments: string[]): string | undefined {
  if (pattern.length !== segments.length) return undefined;
  const isSame = pattern.every(
    (part, index) => part === '{id}' || part.toLowerCase() === segments[index]?.toLowerCase(),
  );
  return isSame ? (segments[pattern.indexOf('{id}')] ?? '') : undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`'${segment}' in the path is not percent-encoded text.`);
  }
}
