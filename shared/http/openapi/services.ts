// The operations about services and their mailboxes.
import * as z from 'zod';
import { nothing } from '../../domain/service/context.ts';
import { serviceSchema } from '../../domain/service/schema.ts';
import { exampleIds, type Operations } from './operation.ts';
import { instant, pageOf, removed, versioned } from './parts.ts';
import { report, service, status } from './service-answers.ts';

const document = serviceSchema(nothing);
const confirm = z.literal(true).optional().meta({
  description: 'For a change that moves readFrom earlier; the refusal says how many mails would enter.',
});
const createFolder = z
  .boolean()
  .optional()
  .meta({ description: 'Creates the folder that mail is moved to, if it is missing.' });

const written = {
  name: 'Suporte',
  readFrom: '2026-11-01',
  groups: [{ groupId: exampleIds.group, scheduleId: exampleIds.schedule }],
  formId: exampleIds.form,
  mailbox: {
    protocol: 'imap',
    address: 'suporte@empresa.com.br',
    host: 'imap.empresa.com.br',
    tls: 'implicit',
    afterRead: { action: 'move', folder: 'Processados' },
    auth: { type: 'basic', password: 'a senha' },
  },
};
const path = { id: exampleIds.service };

/** By the names of their functions. */
export const services: Operations = {
  'services-list': {
    tag: 'Services',
    summary: 'List the services',
    description: 'Administrators see their mailboxes too, and nobody their secrets.',
    answers: { 200: { says: 'A page of services.', json: pageOf(service) } },
    example: { query: { limit: '20' } },
  },
  'services-create': {
    tag: 'Services',
    summary: 'Register a service',
    body: document.meta({ id: 'ServiceWritten' }),
    answers: { 201: { ...versioned('It is registered.', service), headers: ['ETag', 'Location'] } },
    errors: ['conflict'],
    example: { body: written },
  },
  'services-read': {
    tag: 'Services',
    summary: 'Read a service',
    answers: { 200: versioned('The service; its mailbox for administrators alone.', service) },
    errors: ['not_found'],
    example: { path },
  },
  'services-change': {
    tag: 'Services',
    summary: 'Change a service',
    description: 'Another host, port, TLS, login, tenant or authority needs the secret again.',
    body: document.safeExtend({ confirm }).meta({ id: 'ServicePatch' }),
    isPatch: true,
    ifMatch: 'always',
    answers: { 200: versioned('The service after the change.', service) },
    errors: ['not_found', 'conflict'],
    example: { path, body: { pollSeconds: 120, groups: [{ groupId: exampleIds.group }] } },
  },
  'services-remove': {
    tag: 'Services',
    summary: 'Delete a service of which no mail waits',
    ifMatch: 'always',
    answers: { 204: removed },
    errors: ['not_found', 'conflict'],
    example: { path },
  },
  'services-fetch': {
    tag: 'Mailbox',
    summary: 'Fetch the mailbox now',
    answers: {
      202: {
        says: 'It is fetched soon; `startsBy` says when it begins at the latest.',
        json: z.object({ startsBy: instant }),
        headers: ['Location'],
      },
    },
    errors: ['not_found', 'conflict'],
    example: { path, answer: { startsBy: '2026-11-02T11:00:00.000Z' } },
  },
  'services-status': {
    tag: 'Mailbox',
    summary: 'How the mailbox is doing',
    answers: { 200: { says: 'The status.', json: status } },
    errors: ['not_found'],
    example: { path },
  },
  'services-test-new': {
    tag: 'Mailbox',
    summary: 'Test the connection of a service that is not saved',
    description: 'Takes less than ten seconds, touches no mail and keeps nothing.',
    body: document.safeExtend({ createFolder }).meta({ id: 'ServiceTested' }),
    answers: { 200: { says: 'What each step found.', json: report } },
    example: { body: written },
  },
  'services-test': {
    tag: 'Mailbox',
    summary: 'Test the connection of a service, as it is or with a change',
    body: document.safeExtend({ createFolder }).meta({ id: 'ServicePatchTested' }),
    isPatch: true,
    answers: { 200: { says: 'What each step found.', json: report } },
    errors: ['not_found', 'secret_unreadable'],
    example: { path, body: { mailbox: { afterRead: { folder: 'Lidos' } } } },
  },
  'oauth-start': {
    tag: 'Mailbox',
    summary: 'Begin to connect a mailbox that a person lets be read',
    answers: {
      200: {
        says: 'The address for that person, good once.',
        json: z.object({ authorizeUrl: z.string(), redirectUri: z.string(), expiresAt: instant }),
      },
    },
    errors: ['not_found', 'conflict', 'app_refused', 'login_unavailable', 'secret_unreadable'],
    example: { path },
  },
  'oauth-callback': {
    tag: 'Mailbox',
    summary: 'Where Entra ID sends a person back to',
    description: 'Answers a page in the language of the browser, whatever happens.',
    query: z.object(
      Object.fromEntries(
        ['state', 'code', 'error', 'error_description'].map(name => [name, z.string().optional()]),
      ),
    ),
    answers: {
      200: { says: 'The mailbox is connected.', type: 'text/html' },
      400: { says: 'Consent was not given, or the link is used, too old or not ours.', type: 'text/html' },
      403: { says: 'The account cannot open the mailbox.', type: 'text/html' },
      502: { says: 'Entra ID or the mail server refused.', type: 'text/html' },
      503: { says: 'A failure of ours; 500 likewise.', type: 'text/html' },
    },
    example: { query: { state: 'from-authorizeUrl', code: 'from-Entra-ID' } },
  },
};
