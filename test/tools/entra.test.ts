// The registrations in Entra ID: told before they are made, made once, and mended where they differ.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roles } from '../../shared/http/token.ts';
import type { Az } from '../../tools/az.ts';
import { registerApi } from '../../tools/entra/api.ts';
import { Directory } from '../../tools/entra/directory.ts';
import { registerMailboxes } from '../../tools/entra/mailboxes.ts';
import { azStandIn } from './az-stand-in.ts';

async function register(
  az: Az,
  what: 'api' | 'mailboxes',
  applies: boolean,
  protocols: string[] = [],
  identity?: string,
) {
  const said: string[] = [];
  const directory = new Directory(az, { applies, say: line => said.push(line) });
  if (what === 'api') await registerApi(directory, { name: 'Malote', admin: 'me' });
  else await registerMailboxes(directory, { name: 'Malote mailboxes', protocols, identity });
  return [...said, directory.summary()].join('\n');
}
const changing = (commands: string[][]) =>
  commands.filter(command => ['POST', 'PATCH'].includes(command[2] ?? ''));

test('without --apply it says what it would do, and does nothing', async () => {
  const { az, state } = azStandIn();
  const said = await register(az, 'api', false);
  assert.match(said, /would make the registration "Malote"/);
  assert.match(said, /would make me an Admin of it/);
  assert.match(said, /to make them: --apply/);
  assert.deepEqual(changing(state.commands), []);
});

test('the API has the roles that the app knows, for people and apps, and tokens of version 2.0', async () => {
  const { az, state } = azStandIn();
  const said = await register(az, 'api', true);
  const [app] = state.objects.applications ?? [];
  const granted = app?.appRoles as { id: string; value: string; allowedMemberTypes: string[] }[];
  assert.deepEqual(
    granted.map(({ value }) => value),
    [...roles],
  );
  for (const { allowedMemberTypes } of granted) assert.deepEqual(allowedMemberTypes, ['User', 'Application']);
  assert.partialDeepStrictEqual(app?.api, { requestedAccessTokenVersion: 2 });
  assert.deepEqual(app?.identifierUris, [`api://${app?.appId}`]);
  assert.match(said, new RegExp(`MALOTE_ENTRA_AUDIENCE=${app?.appId}`));
  const [principal] = state.objects.servicePrincipals ?? [];
  assert.equal(principal?.appRoleAssignmentRequired, true);
  const [assigned] = state.objects[`servicePrincipals/${principal?.id}/appRoleAssignedTo`] ?? [];
  assert.deepEqual([assigned?.principalId, assigned?.appRoleId], ['me-myself', granted[0]?.id]);
});

test('a second run changes nothing', async () => {
  const { az, state } = azStandIn();
  await register(az, 'api', true);
  const before = changing(state.commands).length;
  assert.match(await register(az, 'api', true), /Everything is as it should be/);
  assert.equal(changing(state.commands).length, before);
});

test('a registration that was made by hand is mended, and what it has besides stays', async () => {
  const byHand = {
    id: 'o1',
    appId: 'a1',
    displayName: 'Malote',
    api: { requestedAccessTokenVersion: null },
    notes: 'ours',
  };
  const { az, state } = azStandIn({ objects: { applications: [byHand] } });
  const said = await register(az, 'api', true);
  assert.match(said, /set signInAudience, appRoles, api of the registration/);
  const [app] = state.objects.applications ?? [];
  assert.partialDeepStrictEqual(app?.api, { requestedAccessTokenVersion: 2 });
  assert.equal(app?.notes, 'ours');
  assert.match(await register(az, 'api', false), /Everything is as it should be/);
});

test('two registrations of one name are for a person to tell apart', async () => {
  const twice = ['o1', 'o2'].map(id => ({ id, displayName: 'Malote' }));
  const { az } = azStandIn({ objects: { applications: twice } });
  await assert.rejects(register(az, 'api', true), /There are 2 of applications/);
});

const exchange = {
  id: 'exo',
  appId: '00000002-0000-0ff1-ce00-000000000000',
  appRoles: [
    { id: 'r-imap', value: 'IMAP.AccessAsApp' },
    { id: 'r-pop', value: 'POP.AccessAsApp' },
  ],
};

test('over Graph the app for mailboxes gets no right in the directory: Exchange gives it for some mailboxes', async () => {
  const { az, state } = azStandIn({ objects: { servicePrincipals: [exchange] } });
  const said = await register(az, 'mailboxes', true);
  assert.match(said, /New-ManagementRoleAssignment .*"Application Mail\.ReadWrite" -CustomResourceScope/);
  assert.ok(!Object.keys(state.objects).some(path => path.endsWith('appRoleAssignments')));
});

test('over IMAP and POP3 it may log in, and Exchange says where', async () => {
  const { az, state } = azStandIn({ objects: { servicePrincipals: [exchange] } });
  const said = await register(az, 'mailboxes', true, ['IMAP', 'POP']);
  assert.match(said, /Add-MailboxPermission -Identity ADDRESS/);
  const path = Object.keys(state.objects).find(name => name.endsWith('appRoleAssignments')) ?? '';
  assert.deepEqual(
    state.objects[path]?.map(({ appRoleId }) => appRoleId),
    ['r-imap', 'r-pop'],
  );
  assert.match(await register(az, 'mailboxes', true, ['IMAP', 'POP']), /Everything is as it should be/);
});

test('a right over every mailbox that somebody gave it is told', async () => {
  const { az } = azStandIn({
    objects: {
      applications: [
        { id: 'o1', appId: 'a1', displayName: 'Malote mailboxes', signInAudience: 'AzureADMyOrg' },
      ],
      servicePrincipals: [
        { id: 's1', appId: 'a1' },
        {
          id: 'g',
          appId: '00000003-0000-0000-c000-000000000000',
          appRoles: [{ id: 'r', value: 'Mail.ReadWrite' }],
        },
      ],
      'servicePrincipals/s1/appRoleAssignments': [{ id: 'x', appRoleId: 'r', resourceId: 'g' }],
    },
  });
  assert.match(await register(az, 'mailboxes', false), /TAKE AWAY Mail\.ReadWrite/);
});

test('the managed identity proves the app for mailboxes, by a credential that is made once and mended', async () => {
  const { az, state } = azStandIn();
  await register(az, 'mailboxes', true, [], 'principal-1');
  const path = Object.keys(state.objects).find(name => name.endsWith('federatedIdentityCredentials')) ?? '';
  const trusted = {
    issuer: 'https://login.microsoftonline.com/10ca1000-0000-4000-8000-000000000000/v2.0',
    subject: 'principal-1',
    audiences: ['api://AzureADTokenExchange'],
  };
  assert.partialDeepStrictEqual(state.objects[path], [trusted]);
  assert.match(await register(az, 'mailboxes', true, [], 'principal-1'), /Everything is as it should be/);
  const said = await register(az, 'mailboxes', true, [], 'principal-2');
  assert.match(said, /set subject of the credential by which it is proven without a secret/);
  assert.partialDeepStrictEqual(state.objects[path], [{ ...trusted, subject: 'principal-2' }]);
});
