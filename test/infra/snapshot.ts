// The snapshots of the Bicep templates as tests read them: what a deployment would make.
import { readFileSync } from 'node:fs';

export type Resource = {
  id: string;
  type: string;
  name: string;
  scope?: string;
  kind?: string;
  tags?: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: as many shapes as there are kinds of resources
  properties?: any;
};

/** Both parameter files: a first deployment, and production. */
export const snapshots = (['main', 'prod'] as const).map(name => {
  const { predictedResources } = JSON.parse(readFileSync(`infra/${name}.snapshot.json`, 'utf8'));
  return { name, resources: predictedResources as Resource[] };
});

/** The resources of a type, of which there must be one at least. */
export function ofType(resources: Resource[], type: string): Resource[] {
  const found = resources.filter(resource => resource.type === type);
  if (found.length === 0) throw new Error(`There is no ${type} in the snapshot`);
  return found;
}

/** The settings of the app. */
export function appSettings(resources: Resource[]): Record<string, string> {
  return ofType(resources, 'Microsoft.Web/sites/config').find(({ name }) => name.endsWith('/appsettings'))
    ?.properties;
}
