// How a service may be written by HTTP: every member, its rules, and the rules between members.
import * as z from 'zod';
import { asks, flag, line, whenSound, wholeNumber } from '../schema-messages.ts';
import type { ServiceContext } from './context.ts';
import { isMicrosoftHost, isPrivateHost } from './host.ts';
import { type MailLimits, mailboxSchema } from './mailbox-schema.ts';
import { parseReadFrom } from './read-from.ts';
import { secretField } from './secret-place.ts';
import { outgoingSecretFault, type SecretFault, secretFault, secretNeededAgain } from './secret-rules.ts';
import { defaultTerms } from './survey.ts';
import { surveySchema } from './survey-schema.ts';

/** A document that keeps every rule, defaults that depend on nothing else filled in. */
export type ServiceDocument = z.output<ReturnType<typeof serviceSchema>>;

const noServer = 'belongs to protocol "imap" or "pop3": Graph has no server to name; clear it with null';

/** Why members that exist are refused where they stand. */
export const misplacedServiceMembers: Readonly<Record<string, string>> = {
  id: 'is chosen by Malote; leave it out',
  readFromAt: 'is worked out from readFrom; leave it out',
  createdAt: 'is set by Malote; leave it out',
  updatedAt: 'is set by Malote; leave it out',
  warnings: 'is worked out by Malote, a list; leave it out',
  confirm: 'must be true, in a change that moves readFrom earlier; leave it out',
  createFolder: 'must be true, in a connection test; leave it out',
  'mailbox.host': noServer,
  'mailbox.port': noServer,
  'mailbox.tls': noServer,
  'mailbox.caCertificate': noServer,
  'mailbox.outgoing':
    'belongs to protocol "imap" or "pop3": over Graph mail is sent over Graph; clear it with null',
  'mailbox.outgoing.passwordSet':
    'only tells whether there is a password; leave it out, and give password to set one',
  'mailbox.username': 'has no meaning over Graph, which knows a mailbox by its address; clear it with null',
  'mailbox.auth.password': 'belongs to auth type "basic"; leave it out',
  ...Object.fromEntries(
    [
      'flow',
      'clientId',
      'tenantId',
      'redirectUri',
      'clientSecret',
      'clientSecretExpiresAt',
      'clientCertificate',
      'clientAssertion',
    ].map(member => [`mailbox.auth.${member}`, 'belongs to auth type "oauth"; clear it with null']),
  ),
  'mailbox.auth.passwordSet':
    'only tells whether there is a password; leave it out, and give password to set one',
  'mailbox.auth.clientSecretSet':
    'only tells whether there is a secret; leave it out, and give clientSecret to set one',
  'mailbox.auth.clientCertificateSet':
    'only tells whether there is a certificate; leave it out, and give clientCertificate to set one',
  'mailbox.auth.clientCertificateExpiresAt': 'is read from the certificate; leave it out',
  'mailbox.afterRead.folder': 'has no meaning for action "delete"; clear it with null, or choose "move"',
  'survey.questionText': 'belongs to survey type "standard"; clear it with null',
  'survey.linkText': 'belongs to survey type "standard"; clear it with null',
  'survey.questions': 'belongs to survey type "custom"; clear it with null',
  ...Object.fromEntries(
    ['commentDisabled', ...Object.keys(defaultTerms)].map(member => [
      `survey.${member}`,
      'has no meaning without a survey; clear it with null',
    ]),
  ),
  'survey.questions[].choices': 'belongs to a question of type "choice"; leave it out',
};

/** The schema of a whole service under a context. A faulty issue with `params.conflict` is about another service. */
export function serviceSchema(context: ServiceContext) {
  const { limits, settings } = context;
  return (
    z
      .strictObject({
        type: z
          .literal('email', { error: 'must be "email"' })
          .default('email')
          .meta({ title: 'Tipo de Serviço' }),
        name: line('give the name that people know the service by', 100)
          .refine(() => context.nameHeldBy === undefined, {
            error: `is already the name of the service "${context.nameHeldBy}"; choose another`,
            params: { conflict: true },
          })
          .meta({ title: 'Nome do Serviço' }),
        active: flag(true).meta({ title: 'Ativo' }),
        formId: z
          .string({ error: 'must be the id of a form; leave it out for none' })
          .refine(
            id => context.forms.has(id),
            'names a form that does not exist; create it with PUT /api/forms/{id}, or leave it out for none',
          )
          .optional()
          .meta({ title: 'Ficha de Atendimento' }),
        survey: surveySchema.default({ type: 'none' }),
        discardDisabled: flag(false).meta({ title: 'Desabilitar opção de descartar atendimento' }),
        approvalRequired: flag(false).meta({ title: 'Habilitar Filtro de E-mail' }),
        readFrom: readFrom(settings.timeZone).meta({ title: 'Data Referência para Leitura de E-mails' }),
        mailbox: mailboxSchema(limits),
        pollSeconds: wholeNumber(60, 3600, 'leave it out for 60').default(60).meta({ title: 'Intervalo' }),
        groups: groupRows(context).meta({ title: 'Grupo Serviço' }),
      })
      .refine(({ active, groups }) => !active || groups.length > 0, {
        when: whenSound('active', 'groups'),
        path: ['groups'],
        error: 'is empty, but an active service needs a group; add one, or set active to false',
      })
      .refine(({ active, survey }) => !active || survey.type === 'none' || settings.publicUrl !== null, {
        when: whenSound('active', 'survey'),
        path: ['active'],
        error:
          'cannot be true for a service with a survey while publicUrl, the base of survey links, is unset; set it in the general settings (PATCH /api/settings), or set active to false',
      })
      .refine(({ survey }) => isScored(survey), {
        when: whenSound('survey'),
        path: ['survey', 'alertBelow'],
        error: 'needs a question of type "csat" to go by; add one, or clear it with null',
      })
      .refine(
        ({ mailbox }) =>
          mailbox.protocol === 'graph' || mailbox.auth.type !== 'basic' || !isMicrosoftHost(mailbox.host),
        {
          when: whenSound('mailbox.protocol', 'mailbox.host', 'mailbox.auth'),
          path: ['mailbox', 'host'],
          error:
            'is a server of Microsoft 365 or Outlook.com, which no longer accepts passwords (basic authentication); choose auth type "oauth", with an app registered in Entra ID',
        },
      )
      .refine(({ mailbox }) => mailbox.protocol === 'graph' || takesTokens(mailbox, limits), {
        when: whenSound('mailbox.protocol', 'mailbox.host', 'mailbox.auth'),
        path: ['mailbox', 'host'],
        error:
          'is not a server of Microsoft 365, and the tokens of auth type "oauth" are for those alone; give outlook.office365.com, or choose auth type "basic"',
      })
      .refine(
        ({ mailbox }) =>
          mailbox.protocol === 'graph' ||
          !mailbox.outgoing ||
          mailbox.outgoing.username !== undefined ||
          takesTokens({ auth: mailbox.auth, host: mailbox.outgoing.host }, limits),
        {
          when: whenSound('mailbox.protocol', 'mailbox.outgoing', 'mailbox.auth'),
          path: ['mailbox', 'outgoing', 'host'],
          error:
            'is not a server of Microsoft 365, and the tokens of auth type "oauth" are for those alone; give smtp.office365.com, or a login of its own (username and password)',
        },
      )
      .refine(
        ({ survey, mailbox }) =>
          survey.type === 'none' ||
          survey.delivery !== 'mailbox' ||
          mailbox.protocol === 'graph' ||
          mailbox.outgoing !== undefined,
        {
          when: whenSound('survey', 'mailbox.protocol', 'mailbox.outgoing'),
          path: ['mailbox', 'outgoing'],
          error:
            'is required where survey.delivery is "mailbox"; give the server that mail is sent by, {"host": "smtp.empresa.com.br", "tls": "starttls"}, or set survey.delivery to "platform"',
        },
      )
      .refine(
        ({ mailbox: { folder, afterRead } }) => afterRead.action !== 'move' || afterRead.folder !== folder,
        {
          when: whenSound('mailbox.protocol', 'mailbox.folder', 'mailbox.afterRead'),
          path: ['mailbox', 'afterRead', 'folder'],
          error: 'is the folder that is read, so its mail would be read again; choose another folder',
        },
      )
      .refine(() => context.returnedBy === undefined, {
        when: whenSound('mailbox.protocol', 'mailbox.afterRead', 'mailbox.folder'),
        path: ['mailbox', 'afterRead', 'folder'],
        error: `is read by the service "${context.returnedBy}", which moves its mail back: it would go round for ever; choose another folder`,
      })
      .superRefine(
        ({ mailbox }, issues) => {
          const fault = redirectFault(mailbox.auth, context);
          if (fault)
            issues.addIssue({ code: 'custom', path: ['mailbox', 'auth', 'redirectUri'], message: fault });
        },
        { when: whenSound('mailbox.protocol', 'mailbox.auth') },
      )
      .superRefine(
        ({ mailbox }, issues) => {
          refuseSecret(secretFault(mailbox.auth, context), issues);
        },
        { when: whenSound('mailbox.protocol', 'mailbox.auth') },
      )
      .superRefine(
        ({ mailbox }, issues) => {
          refuseSecret(secretNeededAgain(mailbox, context), issues);
        },
        { when: whenSound(...destination, 'mailbox.auth', 'mailbox.outgoing') },
      )
      .superRefine(
        ({ mailbox }, issues) => {
          refuseSecret(outgoingSecretFault(mailbox, context), issues);
        },
        { when: whenSound('mailbox.protocol', 'mailbox.caCertificate', 'mailbox.outgoing') },
      )
      // The last, because its fault is about the mailbox as a whole, which the rules above take for unsound.
      .refine(() => context.loginHeldBy === undefined, {
        when: whenSound('mailbox.protocol', 'mailbox.host', 'mailbox.username', 'mailbox.folder'),
        path: ['mailbox'],
        error: `is already read by the service "${context.loginHeldBy}" (same host, login and folder); change that service, or read another folder`,
        params: { conflict: true },
      })
  );
}

const destination = ['protocol', 'host', 'port', 'tls', 'address', 'username', 'caCertificate'].map(
  member => `mailbox.${member}`,
);

/** Whether there is a score for an alert, if one is wanted. */
function isScored(survey: z.output<typeof surveySchema>): boolean {
  if (survey.type !== 'custom' || survey.alertBelow === undefined) return true;
  return survey.questions.some(({ type }) => type === 'csat');
}

/**
 * A token opens every mailbox that the app may read: it goes to Microsoft, or to a server of one's own where these are allowed.
 * One that is got without a secret goes to Microsoft alone, for nobody has to know anything to ask for it.
 */
function takesTokens(
  { auth, host }: { auth: { type: string; clientAssertion?: string | undefined }; host: string },
  { allowPrivateHosts }: MailLimits,
): boolean {
  if (auth.type !== 'oauth' || isMicrosoftHost(host)) return true;
  return auth.clientAssertion === undefined && allowPrivateHosts && isPrivateHost(host);
}

function refuseSecret(fault: SecretFault | undefined, issues: z.core.$RefinementCtx): void {
  if (!fault) return;
  const { name, message } = fault;
  issues.addIssue({ code: 'custom', path: secretField(name).split('.'), message });
}

/** A code is sent to nobody else's callback; one that was ours before the app moved must not keep a service from being mended. */
function redirectFault(
  auth: { type: string; flow?: string; redirectUri?: string | undefined },
  { current, callbackUrl }: ServiceContext,
): string | undefined {
  if (auth.redirectUri === undefined) return undefined;
  if (auth.flow !== 'authorizationCode') {
    return 'belongs to flow "authorizationCode"; clear it with null';
  }
  const before = current?.mailbox.auth.type === 'oauth' ? current.mailbox.auth.redirectUri : undefined;
  if (auth.redirectUri === callbackUrl || auth.redirectUri === before) return undefined;
  return `must be "${callbackUrl}", the callback of this app; leave it out, and register it in Entra ID as it stands here`;
}

const readFromCure = 'give the date from which mail is read, such as 2026-03-01 or 2026-03-01T08:00:00-03:00';

function readFrom(timeZone: string) {
  return z
    .string({ error: asks(readFromCure, `a text; ${readFromCure}`) })
    .superRefine((written, context) => {
      const parsed = parseReadFrom(written, timeZone);
      if ('fault' in parsed) context.addIssue(parsed.fault);
    });
}

const groupCure = 'give the id of a group';
const rowCure = 'give {"groupId": "..."}';

function groupRows({ groups, schedules, current }: ServiceContext) {
  const before = new Set(current?.groups.map(({ groupId }) => groupId));
  const schedulesBefore = new Set(current?.groups.map(({ scheduleId }) => scheduleId));
  const groupId = line(groupCure, 64)
    .refine(id => groups.has(id), 'names a group that does not exist; create it with PUT /api/groups/{id}')
    // A group may become obsolete under the services that have it; it must not keep them from being mended.
    .refine(id => !groups.get(id)?.obsolete || before.has(id), 'names an obsolete group; choose another');
  const scheduleId = z
    .string({ error: 'must be the id of a schedule; leave it out for always open' })
    .refine(
      id => schedules.has(id),
      'names a schedule that does not exist; create it with PUT /api/schedules/{id}, or leave it out for always open',
    )
    .refine(
      id => !schedules.get(id)?.obsolete || schedulesBefore.has(id),
      'names an obsolete schedule; choose another',
    )
    .nullish();
  const list = 'a list such as [{"groupId": "..."}]';
  return (
    z
      .array(z.strictObject({ groupId, scheduleId }, { error: asks(rowCure, `an object; ${rowCure}`) }), {
        error: `must be ${list}`,
      })
      // Of these and their schedules, and what else goes into one write of the database, there may be a hundred.
      .max(45, 'has more than 45 groups; remove some')
      .superRefine((rows, context) => {
        const named = new Set<string>();
        for (const [index, { groupId }] of rows.entries()) {
          const isFirst = !named.has(groupId);
          named.add(groupId);
          if (isFirst) continue;
          context.addIssue({
            code: 'custom',
            path: [index, 'groupId'],
            message: 'names a group a second time; remove it',
          });
        }
      })
      .default([])
  );
}
