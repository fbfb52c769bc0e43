// The alerts on logs: Kusto understands each query as it is deployed, and the docs tell of every alert.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { faultsOf } from './kusto.ts';
import { ofType, snapshots } from './snapshot.ts';

const files = readdirSync('infra/alerts').map(file => file.replace('.kql', ''));

for (const { name, resources } of snapshots) {
  const rules = ofType(resources, 'Microsoft.Insights/scheduledQueryRules');

  describe(`infra/${name}.bicepparam`, () => {
    it('has an alert of every query in infra/alerts/', () => {
      const named = rules.map(({ name }) => name.slice(name.indexOf('-') + 1));
      assert.deepEqual(named.toSorted(), files.toSorted());
    });

    for (const { name, properties } of rules) {
      it(`has in ${name} a query that a workspace runs, of this app's logs, and somebody to tell`, () => {
        const [{ query, dimensions }] = properties.criteria.allOf;
        assert.deepEqual(faultsOf(query), []);
        if (!name.endsWith('log-cap'))
          assert.match(query, /AppTraces \| where _ResourceId =~ '\/subscriptions\//);
        for (const dimension of dimensions ?? []) assert.match(query, new RegExp(`\\b${dimension.name}\\b`));
        assert.equal(properties.actions.actionGroups.length, 1);
      });
    }
  });
}

it('a query that no workspace runs is refused by the parser', () => {
  assert.notDeepEqual(faultsOf('AppTraces | where Mesage has "x"'), []);
  assert.notDeepEqual(faultsOf('AppTraces | sumarize count()'), []);
});

it('docs/operations.md tells of every alert what it means and what to do, and of none that is not there', () => {
  const [, section = ''] =
    /## Alerts\n([\s\S]*?)\n## /.exec(readFileSync('docs/operations.md', 'utf8')) ?? [];
  const told = [...section.matchAll(/^\| `([\w-]+)`/gm)].map(([, alert]) => alert);
  const metrics = snapshots.flatMap(({ resources }) =>
    ofType(resources, 'Microsoft.Insights/metricAlerts').map(({ name }) => name.slice(name.indexOf('-') + 1)),
  );
  assert.deepEqual(told.toSorted(), [...new Set([...files, ...metrics, 'month'])].toSorted());
});
