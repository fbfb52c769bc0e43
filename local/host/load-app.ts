// Loads a function app as the worker does: its entry points, its start hooks, then what they registered.

import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FunctionsCore, installCoreModule } from './core-module.ts';
import { defineFunction, type FunctionDefinition, requireExtensions } from './function-definition.ts';

/** Imports every file of the globs, relative to `appDir`, and gives the functions they registered. */
export async function loadFunctions(
  core: FunctionsCore,
  appDir: string,
  entryPoints: string[],
  hasExtensionBundle: boolean,
): Promise<FunctionDefinition[]> {
  installCoreModule(core);
  const files = globSync(entryPoints, { cwd: appDir }).sort();
  if (files.length === 0) throw new Error(`No file of ${appDir} matches ${entryPoints.join(', ')}`);
  for (const file of files) {
    try {
      await import(pathToFileURL(join(appDir, file)).href);
    } catch (error) {
      throw new Error(`Entry point ${file} could not be loaded`, { cause: error });
    }
  }
  await core.runAppHooks('appStart', { functionAppDirectory: appDir });
  core.finishStartup();
  return [...core.functions.values()].map(({ metadata, callback }) => {
    requireExtensions(metadata, hasExtensionBundle);
    return defineFunction(metadata, callback, process.env);
  });
}
