// How the app is shipped: what azd and the pipelines are told fits what there is, and none of them has a secret.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import host from '../../host.json' with { type: 'json' };
import manifest from '../../package.json' with { type: 'json' };
import { appSettings, ofType, snapshots } from './snapshot.ts';
import { workflowFaults } from './workflow.ts';

const text = (file: string) => readFileSync(file, 'utf8');
const pipelines = ['examples/pipelines/github.yml', 'examples/pipelines/azure.yml'];
/** What a parameter file takes from the environment and has no value for. */
const needed = (file: string) =>
  [...text(file).matchAll(/readEnvironmentVariable\('(\w+)'\)/g)].map(([, name = '']) => name);

test('azd publishes the package, which is built before, to the app that has its tag', () => {
  const { services, hooks, requiredVersions } = parse(text('azure.yaml'));
  assert.deepEqual(services, {
    mailroom: { project: 'out/malote', language: 'js', host: 'function', remoteBuild: false },
  });
  for (const { resources } of snapshots) {
    const [app] = ofType(resources, 'Microsoft.Web/sites');
    assert.ok(String(app?.tags?.['azd-service-name']) in services);
  }
  assert.match(hooks.prepackage.run, /npm run --silent package/);
  assert.match(requiredVersions.azd, /^>= 1\.23\.\d+$/);
  for (const { run } of Object.values<{ run: string }>(hooks)) {
    assert.ok((run.split(' ').at(-1) ?? '') in manifest.scripts, run);
  }
});

test('the pipeline of GitHub names everything that the templates need', () => {
  const names = needed('infra/prod.bicepparam');
  assert.ok(names.length > 3);
  // That of Azure has them in a group of variables, all of which are in the environment.
  const { env } = parse(text('examples/pipelines/github.yml')).jobs.deploy;
  assert.deepEqual(
    names.filter(name => !(name in env)),
    [],
  );
});

for (const file of pipelines) {
  test(`${file} signs in without a secret, and checks before it deploys`, () => {
    assert.ok(parse(text(file)));
    const words = text(file).replaceAll(/^ *#.*$/gm, '');
    assert.doesNotMatch(words, /secrets\.|password|publish-profile|clientSecret|creds:/i);
    assert.match(words, /id-token: write|azureSubscription: malote/);
    assert.ok(words.indexOf('.ci/run') < words.indexOf('az deployment group create'));
    assert.doesNotMatch(words, /build-remote|remote-build/);
  });
}

test('the host tells logs, and neither spans nor lines with the path of a request, which may be that of a survey', () => {
  const { telemetryMode, logging } = host;
  assert.equal(telemetryMode, 'OpenTelemetry');
  const { default: usual, ...others } = logging.logLevel;
  assert.equal(usual, 'Information');
  assert.deepEqual(others, {
    'Azure.Core': 'Warning',
    'Microsoft.Azure.WebJobs.Script.WebHost.Middleware.SystemTraceMiddleware': 'Warning',
  });
  for (const { resources } of snapshots) {
    const settings = appSettings(resources);
    assert.equal(settings.OTEL_TRACES_SAMPLER, 'microsoft.fixed_percentage');
    assert.equal(settings.OTEL_TRACES_SAMPLER_ARG, '0');
    assert.equal(settings.AzureMonitorExporter__EnableTraceBasedLogsSampler, 'false');
    assert.equal(settings.AzureMonitorExporter__EnableLiveMetrics, 'false');
  }
});

test('GitHub would run its pipeline, and not one that is wrong', () => {
  const workflow = text('examples/pipelines/github.yml');
  assert.deepEqual(workflowFaults(workflow), []);
  const wrong = [
    ['runs-on', 'run-on'],
    ['id-token: write', 'id-token: writes'],
    ['{{ vars.AZURE_LOCATION', '{{ variables.AZURE_LOCATION'],
  ] as const;
  for (const [right, other] of wrong)
    assert.notDeepEqual(workflowFaults(workflow.replace(right, other)), [], other);
});

test('what the pipelines run is sound to the shell, and names scripts and files that there are', () => {
  type Step = { run?: string; script?: string; inputs?: { inlineScript?: string } };
  const steps: Step[] = [
    ...parse(text('examples/pipelines/github.yml')).jobs.deploy.steps,
    ...parse(text('examples/pipelines/azure.yml')).steps,
  ];
  const scripts = steps.flatMap(({ run, script, inputs }) => run ?? script ?? inputs?.inlineScript ?? []);
  assert.ok(scripts.length >= 5);
  for (const script of scripts) {
    execFileSync('bash', ['-n'], { input: script });
    for (const [file] of script.matchAll(/(?:\.ci|infra)\/[\w./]+/g)) assert.ok(existsSync(file), file);
  }
});
