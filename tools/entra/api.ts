// The registration of the API: its roles, tokens of version 2.0, and who may ask for them.
import type { Directory } from './directory.ts';

/** Ids that never change, for assignments name them. Values are those of shared/http/token.ts. */
const appRoles = [
  role(
    '4d0c3f0a-6f0e-4a53-9a53-6a1d5d0c8a01',
    'Admin',
    'Registers services and reads everything but secrets',
  ),
  role('4d0c3f0a-6f0e-4a53-9a53-6a1d5d0c8a02', 'Supervisor', 'Approves held mail and reads survey results'),
  role('4d0c3f0a-6f0e-4a53-9a53-6a1d5d0c8a03', 'Platform', 'Consumes events and downloads what they name'),
];
const scope = {
  id: '4d0c3f0a-6f0e-4a53-9a53-6a1d5d0c8a04',
  value: 'access',
  type: 'User',
  isEnabled: true,
  userConsentDisplayName: 'Use Malote as you',
  userConsentDescription: 'What you may do there, your role says.',
  adminConsentDisplayName: 'Use Malote as the signed-in person',
  adminConsentDescription: 'What they may do there, their role says.',
};
/** Azure's command line, so that a person can have a token of it: az account get-access-token. */
const azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

function role(id: string, value: string, description: string) {
  const allowedMemberTypes = ['User', 'Application'];
  return { id, value, displayName: value, description, allowedMemberTypes, isEnabled: true };
}

/** Registers the API, or mends its registration. `admin`: who becomes its first Admin, `me` or an object id. */
export async function registerApi(
  directory: Directory,
  { name, admin }: { name: string; admin: string | undefined },
): Promise<void> {
  const wanted = { signInAudience: 'AzureADMyOrg', appRoles };
  // Version 2.0, or its tokens are of another issuer than the API expects.
  const api = { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [scope] };
  const what = `the registration "${name}"`;
  const app =
    (await directory.find('applications', `displayName eq '${name}'`)) ??
    (await directory.create('applications', { displayName: name, ...wanted, api }, what));
  const appId = String(app.appId ?? '(new)');
  // A scope must be there before somebody is let ask for it, and the id before the address that it is in.
  const scoped = await directory.mend(`applications/${app.id}`, app, { ...wanted, api }, what);
  const preAuthorizedApplications = [{ appId: azureCli, delegatedPermissionIds: [scope.id] }];
  const addressed = { identifierUris: [`api://${appId}`], api: { ...api, preAuthorizedApplications } };
  await directory.mend(`applications/${app.id}`, scoped, addressed, what);

  const principal =
    (await directory.find('servicePrincipals', `appId eq '${appId}'`)) ??
    (await directory.create(
      'servicePrincipals',
      { appId, appRoleAssignmentRequired: true },
      `${what} in this tenant`,
    ));
  // Who has no role gets no token at all.
  await directory.mend(
    `servicePrincipals/${principal.id}`,
    principal,
    { appRoleAssignmentRequired: true },
    `${what} in this tenant`,
  );
  if (admin !== undefined) {
    const principalId = admin === 'me' ? await directory.me() : admin;
    const appRoleId = appRoles[0]?.id;
    const path = `servicePrincipals/${principal.id}/appRoleAssignedTo`;
    const assigned = await directory.list(path);
    if (!assigned.some(one => one.principalId === principalId && one.appRoleId === appRoleId)) {
      await directory.create(
        path,
        { principalId, resourceId: principal.id, appRoleId },
        `${admin} an Admin of it`,
      );
    }
  }
  directory.say(`MALOTE_ENTRA_AUDIENCE=${appId}`);
}
