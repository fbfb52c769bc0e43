// HTTP: the platform tells by a signed call that an attendance is closed, and gets the invitation for its customer.
import * as z from 'zod';
import { parseMailKey } from '../shared/domain/ids.ts';
import { isLanguageTag } from '../shared/domain/language-tag.ts';
import { line } from '../shared/domain/schema-messages.ts';
import { invitationView } from '../shared/domain/survey/invitation-view.ts';
import { liveWebhookSecrets } from '../shared/flows/services/webhook-secrets.ts';
import { type Invited, inviteCustomer, requirePublicUrl } from '../shared/flows/surveys/invite.ts';
import { linkOf } from '../shared/flows/surveys/links.ts';
import { app } from '../shared/http/app.ts';
import { instant } from '../shared/http/period.ts';
import { signedRoute } from '../shared/http/signed-route.ts';
import { readyInvitation } from '../shared/pages/invitation.ts';

/** Some times what the longest body of ours has. */
const LARGEST_BYTES = 16 * 1024;

const addressCure = 'give the address of the customer, such as ana@example.com, or leave it out';
const free = (what: string) =>
  line(`give the ${what} as you name it, or leave it out`, 100).nullish().default(null);

const closed = z.strictObject({
  attendanceId: line('give the attendance as you name it', 200),
  serviceId: line('give the id of the service', 100),
  mailKey: z
    .string({ error: 'must be the key of a mail; leave it out where there is none' })
    .transform(parseMailKey)
    .refine(key => key !== undefined, 'is not the key of a mail')
    .transform(key => key ?? null)
    .nullish()
    .default(null),
  customer: z
    .strictObject(
      {
        address: line(addressCure, 254)
          .regex(/^[^\s@]+@[^\s@]+$/, `is not an e-mail address; ${addressCure}`)
          .nullish()
          .default(null),
        name: free('customer'),
        language: line('give a language tag such as pt-BR, or leave it out', 35)
          .refine(isLanguageTag, 'is not a language tag; give one such as pt-BR, en or es-MX')
          .nullish()
          .default(null),
      },
      {
        error: 'must be an object with address, name and language; leave it out to take what the mail tells',
      },
    )
    .nullish()
    .transform(customer => customer ?? { address: null, name: null, language: null }),
  agentId: free('agent'),
  // Subscriptions find it between bars.
  groupId: line('give the group as you name it, or leave it out', 100)
    .regex(/^[^|]*$/, 'contains a bar (|); no group is called so')
    .nullish()
    .default(null),
  closedAt: instant,
});

app.http('attendances-closed', {
  route: 'api/webhook/attendances/closed',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: signedRoute(
    { body: closed, largestBytes: LARGEST_BYTES, secrets: liveWebhookSecrets },
    async ({ clients, body, ...context }) => {
      const invited = await inviteCustomer(clients, body, context);
      const { invitation, isNew } = invited;
      const isAsked = invitation.kind === 'invitation' && invitation.suppressed === null;
      return {
        status: isNew && isAsked ? 201 : 200,
        json: {
          ...invitationView(invitation, context.now),
          ...linked(clients.config.secretKeys, invited),
        },
      };
    },
  ),
});

function linked(keys: Parameters<typeof linkOf>[0], { invitation, settings }: Invited) {
  if (invitation.kind === 'forgotten' || invitation.suppressed !== null) {
    return { link: null, invitation: null };
  }
  const link = linkOf(keys, invitation, requirePublicUrl(settings));
  const { timeZone, branding } = settings;
  const sender = branding.name ?? invitation.serviceName;
  return { link, invitation: readyInvitation({ invitation, link, sender, timeZone }) };
}
