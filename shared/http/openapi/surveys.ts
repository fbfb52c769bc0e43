// The operations about surveys, and the secrets that the webhook is signed with.
import * as z from 'zod';
import { suppressions } from '../../domain/survey/invitation.ts';
import { shownStates } from '../../domain/survey/invitation-view.ts';
import { exampleIds, type Operations } from './operation.ts';
import { instant, pageOf, removed } from './parts.ts';

const text = z.string().nullable();
const members = {
  invitationId: z.string(),
  state: z.enum(shownStates).meta({
    description: '`answered` may still be changed; of `forgotten` what is null is gone.',
  }),
  suppressed: z.enum(suppressions).nullable().meta({ description: 'Why nobody is asked.' }),
  attendanceId: text,
  serviceId: z.string(),
  groupId: text,
  agentId: text,
  mailKey: text,
  closedAt: instant.nullable(),
  invitedAt: instant.nullable(),
  expiresAt: instant.nullable(),
  language: z.enum(['pt-BR', 'en', 'es']).nullable(),
  delivery: z.enum(['platform', 'mailbox']).nullable(),
  sentAt: instant.nullable().meta({
    description: 'When the mailbox sent it; null as long as it waits, and where the platform sends.',
  }),
  answeredAt: instant.nullable(),
};
const link = text.meta({ description: "The customer's key: never to be logged or shown to others." });

const invitation = z
  .object({ ...members, link: link.optional().meta({ description: 'For the platform alone.' }) })
  .meta({ id: 'Invitation' });

const closed = z
  .object({
    ...members,
    link,
    invitation: z
      .object({ subject: z.string(), text: z.string(), html: z.string() })
      .nullable()
      .meta({ description: "Ready to be sent, in the customer's language." }),
  })
  .meta({ id: 'AttendanceClosed' });

const shownSecret = { id: z.string(), createdAt: instant };
const keys = z.object({
  keys: z.array(
    z.object({
      id: z.string(),
      use: z.enum(['current', 'previous', 'missing']),
      openInvitations: z.int().meta({ description: 'No more than about a thousand are counted.' }),
      services: z.int(),
    }),
  ),
});

/** By the names of their functions. */
export const surveys: Operations = {
  'attendances-closed': {
    tag: 'Surveys',
    summary: 'An attendance is closed: invite its customer',
    description: 'Called again it answers the same invitation, whatever is told of the attendance then.',
    answers: {
      200: { says: 'It was invited before, or nobody is asked.', json: closed },
      201: { says: 'The customer is invited.', json: closed },
    },
    errors: ['conflict', 'secret_unreadable'],
    example: {
      body: {
        attendanceId: 'A-1042',
        serviceId: exampleIds.service,
        customer: { address: 'ana@exemplo.com.br', name: 'Ana', language: 'pt-BR' },
        agentId: 'bia',
        groupId: exampleIds.group,
        closedAt: '2026-11-02T18:00:00Z',
      },
    },
  },
  'surveys-invitations': {
    tag: 'Surveys',
    summary: 'The invitation of an attendance, if it has one',
    answers: { 200: { says: 'One, or none.', json: pageOf(invitation) } },
    example: { query: { attendanceId: 'A-1042' } },
  },
  'surveys-invitations-read': {
    tag: 'Surveys',
    summary: 'Read an invitation',
    answers: { 200: { says: 'The invitation.', json: invitation } },
    errors: ['not_found'],
    example: { path: { id: exampleIds.invitation } },
  },
  'webhook-secrets-list': {
    tag: 'Settings',
    summary: 'List the secrets of the webhook, without them',
    answers: { 200: { says: 'Two at most.', json: pageOf(z.object(shownSecret)) } },
    example: {},
  },
  'webhook-secrets-create': {
    tag: 'Settings',
    summary: 'Make a secret for the webhook',
    answers: {
      201: {
        says: 'It is good at once. It is shown here and never again.',
        json: z.object({ ...shownSecret, secret: z.string() }).meta({ id: 'WebhookSecret' }),
      },
    },
    errors: ['conflict'],
    example: {},
  },
  'webhook-secrets-remove': {
    tag: 'Settings',
    summary: 'Delete a secret of the webhook',
    answers: { 204: removed },
    errors: ['not_found'],
    example: { path: { id: exampleIds.webhookSecret } },
  },
  'settings-keys': {
    tag: 'Settings',
    summary: 'What still hangs on each key of the deployment',
    description: 'A former key on which nothing hangs may be taken away.',
    answers: { 200: { says: 'The keys, the current one first.', json: keys } },
    example: {},
  },
};
