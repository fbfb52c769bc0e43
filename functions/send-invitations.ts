// Queue: sends one invitation from the mailbox of its service, or puts it off. What a failed attempt left is asked for again.
import { app } from '@azure/functions';
import { parseInvitationId } from '../shared/domain/survey/invitation.ts';
import { sendInvitation } from '../shared/flows/surveys/send.ts';
import { job } from '../shared/job.ts';
import { readyInvitation } from '../shared/pages/invitation.ts';

app.serviceBusQueue('send-invitations', {
  connection: 'ServiceBus',
  queueName: 'send-invitations',
  handler: job<{ invitationId?: unknown }>('send-invitations', async (message, { clients, clock, log }) => {
    // A message that names no invitation is of no use to anybody.
    const invitationId = parseInvitationId(message.invitationId);
    if (invitationId) await sendInvitation(clients, invitationId, readyInvitation, { clock, log });
  }),
});
