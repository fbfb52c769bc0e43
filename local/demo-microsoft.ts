// The demo's mailboxes of Microsoft 365: two that an app reads, one of which a supervisor filters, and one that a person has to
// consent to first.
import { type Call, fetchDemo, folder, type Registered, registerOnce } from './demo.ts';
import { demoMails } from './demo-mails.ts';
import type { Stack } from './stack.ts';

const appMailbox = 'atendimento@contoso.example';
const filteredMailbox = 'filtro@contoso.example';
/** Whose mailbox waits for a consent. */
export const person = 'ana@contoso.example';

/** Makes the mailboxes, with three mails each. Graph's stand-in keeps them as long as it runs. */
export async function fillMicrosoftMailboxes({ graph }: Stack): Promise<void> {
  for (const address of [appMailbox, filteredMailbox, person]) {
    graph.addMailbox(address, { inboxName: 'Caixa de Entrada' });
    graph.createFolder(address, folder);
    for (const { raw, receivedAt } of demoMails(new Date()).slice(0, 3)) {
      await graph.deliver(address, 'inbox', raw, { receivedAt });
    }
  }
}

/** Registers the services unless they are there; fetches as the app. */
export async function showMicrosoft(
  call: Call,
  { entra }: Stack,
): Promise<{ app: Registered; filtered: Registered; consent: Registered }> {
  const { clientId, clientSecret } = entra.mailApps.secret;
  const mailbox = (address: string, flow: string) => ({
    protocol: 'graph',
    address,
    afterRead: { action: 'move', folder },
    auth: { type: 'oauth', flow, tenantId: entra.tenantId, clientId, clientSecret },
  });
  const app = await registerOnce(call, 'Demo over Graph', mailbox(appMailbox, 'clientCredentials'));
  await fetchDemo(call, app.id);
  const filtered = await registerOnce(
    call,
    'Demo with a filter',
    mailbox(filteredMailbox, 'clientCredentials'),
    { approvalRequired: true },
  );
  await fetchDemo(call, filtered.id);
  const consent = await registerOnce(call, 'Demo with consent', mailbox(person, 'authorizationCode'));
  return { app, filtered, consent };
}
