// Everything of functions/ that answers HTTP, registered without a host.
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Registered, registeredRoutes } from '../shared/http/app.ts';

export const root = resolve(import.meta.dirname, '..');

export async function loadRoutes(): Promise<readonly Registered[]> {
  // Without a host beside it the library only notes that nobody hears of what is registered.
  console.warn = () => {};
  const files = globSync('functions/*.ts', { cwd: root, exclude: ['functions/setup.ts'] });
  for (const file of files) await import(join(root, file));
  return registeredRoutes();
}
