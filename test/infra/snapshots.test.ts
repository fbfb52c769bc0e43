// What a deployment makes is safe: held against the snapshots, so that a change of the templates that is not safe fails here.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import entities from '../../infra/entities.json' with { type: 'json' };
import { appSettings, ofType, type Resource, snapshots } from './snapshot.ts';

/** Of each type the property that lets somebody in with a key or a password, and how it says no. */
const localAuth: Record<string, [property: string, off: boolean]> = {
  'Microsoft.ServiceBus/namespaces': ['disableLocalAuth', true],
  'Microsoft.DocumentDB/databaseAccounts': ['disableLocalAuth', true],
  'Microsoft.Storage/storageAccounts': ['allowSharedKeyAccess', false],
  'Microsoft.Insights/components': ['DisableLocalAuth', true],
  'Microsoft.KeyVault/vaults': ['enableRbacAuthorization', true],
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': ['allow', false],
};
const leastTls: Record<string, [property: string, version: string]> = {
  'Microsoft.ServiceBus/namespaces': ['minimumTlsVersion', '1.2'],
  'Microsoft.DocumentDB/databaseAccounts': ['minimalTlsVersion', 'Tls12'],
  'Microsoft.Storage/storageAccounts': ['minimumTlsVersion', 'TLS1_2'],
};
/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
const nameRules: Record<string, RegExp> = {
  'Microsoft.ServiceBus/namespaces': /^[a-z][a-z0-9-]{4,48}[a-z0-9]$/,
  'Microsoft.DocumentDB/databaseAccounts': /^[a-z0-9][a-z0-9-]{1,42}[a-z0-9]$/,
  'Microsoft.Storage/storageAccounts': /^[a-z0-9]{3,24}$/,
  'Microsoft.KeyVault/vaults': /^[a-z][a-z0-9-]{1,22}[a-z0-9]$/,
  'Microsoft.Web/sites': /^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$/,
};
/** What has no tags of its own: parts of others, and what is said about others. */
const untagged =
  /^Microsoft\.(Authorization|Consumption)\/|diagnosticSettings$|^Microsoft\.[A-Za-z]+\/[A-Za-z]+\/(?!virtualNetworkLinks)/;

/** A queue or a topic as entities.json has it. */
type Entity = { name: string; subscriptions?: unknown; [setting: string]: unknown };

for (const { name, resources } of snapshots) {
  describe(`infra/${name}.bicepparam`, () => {
    it('lets nobody in with a key or a password', () => {
      for (const [type, [property, off]] of Object.entries(localAuth)) {
        for (const { id, properties } of ofType(resources, type)) assert.equal(properties[property], off, id);
      }
      const both = ofType(resources, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies');
      assert.deepEqual(both.map(({ name }) => name.split('/')[1]).toSorted(), ['ftp', 'scm']);
    });

    it('speaks TLS 1.2 at least, and nothing in the clear', () => {
      for (const [type, [property, version]] of Object.entries(leastTls)) {
        for (const { id, properties } of ofType(resources, type)) {
          assert.equal(properties[property], version, id);
        }
      }
      for (const { properties } of ofType(resources, 'Microsoft.Web/sites')) {
        assert.ok(properties.httpsOnly);
        assert.equal(properties.siteConfig.minTlsVersion, '1.2');
      }
      for (const { properties } of ofType(resources, 'Microsoft.Storage/storageAccounts')) {
        assert.ok(properties.supportsHttpsTrafficOnly && !properties.allowBlobPublicAccess);
      }
    });

    it('has no secret in a setting: keys are references to Key Vault', () => {
      const text = JSON.stringify(resources);
      assert.doesNotMatch(text, /listKeys|AccountKey=|SharedAccessKey|listCredentials/);
      for (const [setting, value] of Object.entries(appSettings(resources))) {
        if (/^SECRET_KEY_/.test(setting)) {
          assert.match(
            value,
            /^$|^@Microsoft\.KeyVault\(SecretUri=https:\/\/[^/]+\/secrets\/secret-key-\w+\)$/,
          );
        }
      }
      assert.equal(
        resources.filter(({ type }) => type === 'Microsoft.KeyVault/vaults/secrets').length,
        0,
        'a secret that a template makes is in the history of deployments',
      );
    });

    it('has no rule that deletes mail', () => {
      const rules = resources.filter(({ type }) => type.endsWith('/managementPolicies'));
      assert.deepEqual(rules, []);
    });

    it('has every queue, topic, subscription and container of entities.json as it is there', () => {
      const lastNames = (type: string) => ofType(resources, type).map(({ name }) => name.split('/').at(-1));
      const { serviceBus, cosmos, blob } = entities;
      const bus = 'Microsoft.ServiceBus/namespaces';
      for (const [type, wanted] of [
        [`${bus}/queues`, serviceBus.queues],
        [`${bus}/topics`, serviceBus.topics],
      ] as const) {
        assert.deepEqual(
          lastNames(type),
          wanted.map(({ name }) => name),
        );
        for (const [index, { properties }] of ofType(resources, type).entries()) {
          const { name: _name, subscriptions: _others, ...own } = wanted[index] as Entity;
          assert.deepEqual(properties, own);
        }
      }
      assert.deepEqual(
        ofType(resources, `${bus}/topics/subscriptions`).map(({ name }) => name.split('/').slice(1)),
        serviceBus.topics.flatMap(topic => topic.subscriptions.map(({ name }) => [topic.name, name])),
      );
      const containers = 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers';
      assert.deepEqual(
        lastNames(containers),
        cosmos.containers.map(({ name }) => name),
      );
      for (const [index, { properties }] of ofType(resources, containers).entries()) {
        const { partitionKey, indexedPaths, ...entity } = cosmos.containers[index]!;
        const { resource } = properties;
        assert.deepEqual(resource.partitionKey.paths, [partitionKey]);
        assert.equal(resource.defaultTtl, entity.defaultTtlSeconds);
        const included = resource.indexingPolicy.includedPaths.map(({ path }: { path: string }) => path);
        assert.deepEqual(included, indexedPaths);
        assert.deepEqual(resource.indexingPolicy.excludedPaths, [{ path: '/*' }]);
      }
      const blobs = lastNames('Microsoft.Storage/storageAccounts/blobServices/containers');
      assert.deepEqual(blobs, ['deployments', ...blob.containers.map(({ name }) => name)]);
    });

    it('has names that Azure takes, and as long as the longest name allows', () => {
      for (const [type, rule] of Object.entries(nameRules)) {
        for (const { name } of ofType(resources, type)) {
          assert.match(name, rule);
          // MALOTE_NAME is "malote" here, and may be ten long.
          assert.match(`${name}long`, rule);
        }
      }
    });

    it('has its tags on everything that can have some', () => {
      const without = resources.filter(
        ({ type, tags }) => !untagged.test(type) && tags?.application !== 'malote',
      );
      assert.deepEqual(
        without.map(({ id }) => id),
        [],
      );
      const [app] = ofType(resources, 'Microsoft.Web/sites');
      assert.equal(app?.tags?.['azd-service-name'], 'mailroom');
    });

    it('tells who changes or deletes', () => {
      const watched = ofType(resources, 'Microsoft.Insights/diagnosticSettings').map(({ id }) => id);
      for (const type of ['ServiceBus/namespaces', 'DocumentDB/databaseAccounts', 'KeyVault/vaults']) {
        assert.ok(
          watched.some(id => id.includes(type)),
          type,
        );
      }
      assert.equal(watched.filter(id => id.includes('/blobServices/')).length, 2);
    });
  });
}

describe('infra/prod.bicepparam, besides', () => {
  const { resources } = snapshots[1]!;
  const networkOf = ({ properties }: Resource) => properties.publicNetworkAccess;

  it('is reached by private endpoints alone, but for the app', () => {
    for (const type of [
      'ServiceBus/namespaces',
      'DocumentDB/databaseAccounts',
      'Storage/storageAccounts',
      'KeyVault/vaults',
    ]) {
      for (const resource of ofType(resources, `Microsoft.${type}`)) {
        assert.equal(networkOf(resource), 'Disabled', resource.id);
        const connected = ofType(resources, 'Microsoft.Network/privateEndpoints').flatMap(({ properties }) =>
          properties.privateLinkServiceConnections.map(
            (connection: { properties: { privateLinkServiceId: string } }) =>
              connection.properties.privateLinkServiceId,
          ),
        );
        assert.ok(connected.includes(resource.id), resource.id);
      }
    }
    const zones = ofType(resources, 'Microsoft.Network/privateDnsZones').map(({ name }) => name);
    const links = ofType(resources, 'Microsoft.Network/privateDnsZones/virtualNetworkLinks');
    assert.deepEqual(
      links.map(({ name }) => name.split('/')[0]),
      zones,
    );
  });

  it('leaves by one fixed address, from a subnet that is delegated', () => {
    const [network] = ofType(resources, 'Microsoft.Network/virtualNetworks');
    const [subnet] = network!.properties.subnets;
    assert.equal(subnet.properties.delegations[0].properties.serviceName, 'Microsoft.App/environments');
    assert.equal(subnet.properties.natGateway.id, ofType(resources, 'Microsoft.Network/natGateways')[0]?.id);
    assert.equal(
      ofType(resources, 'Microsoft.Web/sites')[0]?.properties.virtualNetworkSubnetId,
      `${network!.id}/subnets/app`,
    );
  });

  it('has locks on what holds mail, its records and keys, and a budget', () => {
    const locked = ofType(resources, 'Microsoft.Authorization/locks');
    assert.deepEqual(
      locked.map(({ id }) => id.split('/providers/')[1]?.split('/').slice(0, 2).join('/')).toSorted(),
      [
        'Microsoft.DocumentDB/databaseAccounts',
        'Microsoft.KeyVault/vaults',
        'Microsoft.ServiceBus/namespaces',
        'Microsoft.Storage/storageAccounts',
      ],
    );
    assert.equal(ofType(resources, 'Microsoft.Consumption/budgets').length, 1);
  });
});
