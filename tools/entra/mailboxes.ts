// The app that reads mailboxes of Microsoft 365. What it may read is said in Exchange, mailbox by mailbox, never for the whole tenant.
import { AzError } from '../az.ts';
import type { Directory } from './directory.ts';

/** Office 365 Exchange Online, the same in every tenant. */
const exchangeOnline = '00000002-0000-0ff1-ce00-000000000000';

/**
 * Registers the app for mailboxes. Over Graph it is given no permission here: rights that are given to an app in Entra ID are for
 * every mailbox of the tenant, and are added to what Exchange gives it for some.
 * https://learn.microsoft.com/exchange/permissions-exo/application-rbac
 * @param identity principal id of the managed identity that proves the app in place of a secret; undefined: none is let
 * @param protocols `IMAP`, `POP`: for those the app's role lets it in, and Exchange says into which mailboxes
 */
export async function registerMailboxes(
  directory: Directory,
  { name, protocols, identity }: { name: string; protocols: string[]; identity?: string | undefined },
): Promise<void> {
  const what = `the registration "${name}"`;
  const wanted = { signInAudience: 'AzureADMyOrg' };
  const app =
    (await directory.find('applications', `displayName eq '${name}'`)) ??
    (await directory.create('applications', { displayName: name, ...wanted }, what));
  await directory.mend(`applications/${app.id}`, app, wanted, what);
  const appId = String(app.appId ?? '(new)');
  const principal =
    (await directory.find('servicePrincipals', `appId eq '${appId}'`)) ??
    (await directory.create('servicePrincipals', { appId }, `${what} in this tenant`));
  await refuseWholeTenant(directory, principal.id);
  if (identity !== undefined) await trust(directory, app.id, identity);
  if (protocols.length > 0) await letIn(directory, principal.id, protocols);

  directory.say(`clientId=${appId}`);
  directory.say('Now in Exchange Online PowerShell, for each mailbox ADDRESS:');
  directory.say(`  New-ServicePrincipal -AppId ${appId} -ObjectId ${principal.id} -DisplayName "${name}"`);
  if (protocols.length > 0) {
    directory.say(`  Add-MailboxPermission -Identity ADDRESS -User ${principal.id} -AccessRights FullAccess`);
    return;
  }
  directory.say(
    '  New-ManagementScope -Name malote -RecipientRestrictionFilter "PrimarySmtpAddress -eq \'ADDRESS\'"',
  );
  for (const role of ['Application Mail.ReadWrite', 'Application Mail.Send']) {
    directory.say(
      `  New-ManagementRoleAssignment -App ${principal.id} -Role "${role}" -CustomResourceScope malote`,
    );
  }
  directory.say(`  Test-ServicePrincipalAuthorization -Identity ${principal.id} -Resource ADDRESS`);
}

/**
 * Lets the tokens of the managed identity prove the app. Entra ID compares issuer, subject and audience to the letter.
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
 */
async function trust(directory: Directory, appObjectId: string, subject: string): Promise<void> {
  const { issuer, audience } = await directory.federation();
  const path = `applications/${appObjectId}/federatedIdentityCredentials`;
  const wanted = { issuer, subject, audiences: [audience] };
  const name = 'malote-managed-identity';
  const found = (await directory.list(path)).find(credential => credential.name === name);
  const what = 'the credential by which it is proven without a secret';
  if (found) await directory.mend(`${path}/${found.id}`, found, wanted, what);
  else await directory.create(path, { name, ...wanted }, what);
}

/** The roles that let an app log in over IMAP and POP3; into no mailbox until Exchange says so. */
async function letIn(directory: Directory, principalId: string, protocols: string[]): Promise<void> {
  const exchange = await directory.find('servicePrincipals', `appId eq '${exchangeOnline}'`);
  if (!exchange) throw new AzError('This tenant has no Exchange Online.');
  const roles = exchange.appRoles as { id: string; value: string }[];
  const path = `servicePrincipals/${principalId}/appRoleAssignments`;
  const assigned = await directory.list(path);
  for (const protocol of protocols) {
    const value = `${protocol}.AccessAsApp`;
    const appRoleId = roles.find(role => role.value === value)?.id;
    if (appRoleId === undefined) throw new AzError(`Exchange Online has no role ${value} in this tenant.`);
    if (assigned.some(one => one.appRoleId === appRoleId)) continue;
    await directory.create(
      path,
      { principalId, resourceId: exchange.id, appRoleId },
      `it may log in: ${value}`,
    );
  }
}

/** Says of rights over every mailbox that somebody gave it, which Exchange cannot narrow. */
async function refuseWholeTenant(directory: Directory, principalId: string): Promise<void> {
  const graph = await directory.find('servicePrincipals', "appId eq '00000003-0000-0000-c000-000000000000'");
  const roles = (graph?.appRoles ?? []) as { id: string; value: string }[];
  for (const { appRoleId } of await directory.list(`servicePrincipals/${principalId}/appRoleAssignments`)) {
    const value = roles.find(({ id }) => id === appRoleId)?.value ?? '';
    if (value.startsWith('Mail.')) {
      directory.say(`TAKE AWAY ${value}: it is for every mailbox of the tenant, whatever Exchange says.`);
    }
  }
}
