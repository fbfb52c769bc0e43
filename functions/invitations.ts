// HTTP: how the invitation of an attendance stands.
import * as z from 'zod';
import { readSettings } from '../shared/azure/settings-store.ts';
import type { Clients } from '../shared/clients.ts';
import { line } from '../shared/domain/schema-messages.ts';
import type { ForgottenInvitation, Invitation } from '../shared/domain/survey/invitation.ts';
import { invitationView } from '../shared/domain/survey/invitation-view.ts';
import { linkOf } from '../shared/flows/surveys/links.ts';
import { findInvitationOf, getInvitation } from '../shared/flows/surveys/read.ts';
import { app } from '../shared/http/app.ts';
import { route } from '../shared/http/route.ts';

const invitations = 'api/surveys/invitations';
const readers = { roles: ['Supervisor', 'Platform'] } as const;
const ofAttendance = z.strictObject({
  attendanceId: line('give the attendance as the platform names it', 200),
});

app.http('surveys-invitations', {
  route: invitations,
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ ...readers, query: ofAttendance }, async ({ clients, query, actor, now }) => {
    const found = await findInvitationOf(clients, query.attendanceId);
    const items = found ? [await viewFor(actor.role, clients, found, now)] : [];
    return { json: { items, nextCursor: null } };
  }),
});

app.http('surveys-invitations-read', {
  route: `${invitations}/{id}`,
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(readers, async ({ clients, params, actor, now }) => ({
    json: await viewFor(actor.role, clients, await getInvitation(clients, params.id ?? ''), now),
  })),
});

/** The link is the customer's key: the platform, which sends it, has it anyway; a supervisor could answer in the customer's name. */
async function viewFor(
  role: string,
  { config, database }: Clients,
  invitation: Invitation | ForgottenInvitation,
  now: Date,
) {
  const view = invitationView(invitation, now);
  if (role !== 'Platform') return view;
  if (invitation.kind === 'forgotten' || invitation.suppressed !== null) return { ...view, link: null };
  const { publicUrl } = (await readSettings(database.catalog)).value;
  return { ...view, link: publicUrl === null ? null : linkOf(config.secretKeys, invitation, publicUrl) };
}
