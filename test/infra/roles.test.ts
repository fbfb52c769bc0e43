// What the app may do in Azure: the roles of the snapshots are those of the table in docs/deploy.md, each on its scope.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ofType, type Resource, snapshots } from './snapshot.ts';

/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
const roleNames: Record<string, string> = {
  '090c5cfd-751d-490a-894a-3ce6f1109419': 'Azure Service Bus Data Owner',
  '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0': 'Azure Service Bus Data Receiver',
  '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39': 'Azure Service Bus Data Sender',
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3': 'Storage Table Data Contributor',
  '4633458b-17de-408a-b874-0445c86b69e6': 'Key Vault Secrets User',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
  '00000000-0000-0000-0000-000000000002': 'Cosmos DB Built-in Data Contributor',
};

/** `role on scope`, where the scope is the kind of resource and, below it, the names that are ours. */
function grantsOf(resources: Resource[]): string[] {
  const grants = ofType(resources, 'Microsoft.Authorization/roleAssignments').map(({ id, properties }) => [
    properties.roleDefinitionId,
    id.split('/providers/Microsoft.Authorization/')[0],
  ]);
  const ofData = ofType(resources, 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments').map(
    ({ properties }) => [properties.roleDefinitionId, properties.scope],
  );
  return [...grants, ...ofData].map(([role = '', scope = '']) => {
    const [kind = '', name = '', ...below] =
      scope.split('/providers/Microsoft.')[1]?.split('/').slice(1) ?? [];
    const account =
      kind === 'storageAccounts' ? (name.startsWith('maloteh') ? 'host account' : 'mails account') : kind;
    const inside = below.filter((part: string) => !['blobServices', 'default'].includes(part)).join('/');
    return `${roleNames[role.split('/').at(-1) ?? '']} on ${[account, inside].filter(Boolean).join(' ')}`;
  });
}

/** Cells of the table of docs/deploy.md that has a column `Scope`. */
function documented(): [role: string, scope: string, why: string][] {
  const lines = readFileSync('docs/deploy.md', 'utf8').split('\n');
  const head = lines.findIndex(line => /^\| Role +\| Scope/.test(line));
  assert.ok(head >= 0, 'docs/deploy.md has no table of roles');
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
  return lines.slice(head + 2, end).map(line => {
    const [role = '', scope = '', why = ''] = line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.replaceAll('`', '').trim());
    return [role, scope, why];
  });
}

for (const { name, resources } of snapshots) {
  describe(`infra/${name}.bicepparam`, () => {
    it('gives the roles of the table in docs/deploy.md, each with its reason, and no other', () => {
      const table = documented();
      assert.deepEqual(
        grantsOf(resources).toSorted(),
        table.map(([role, scope]) => `${role} on ${scope}`).toSorted(),
      );
      for (const [role, , why] of table) assert.ok(why.length > 15, role);
    });

    it('gives none on a whole namespace, nor the mails to who keeps the host', () => {
      for (const grant of grantsOf(resources)) assert.doesNotMatch(grant, /on namespaces$|on mails account$/);
    });
  });
}
