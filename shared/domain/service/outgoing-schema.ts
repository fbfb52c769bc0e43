// How the server that a mailbox sends by may be written.
import * as z from 'zod';
import { asks, line, wholeNumber } from '../schema-messages.ts';
import { submissionPorts } from './outgoing.ts';

const loginCure = 'leave it out where it is the login of the mailbox';
const passwordCure = 'give the password of mailbox.outgoing.username';
const outgoingCure = 'give {"host": "smtp.empresa.com.br", "tls": "starttls"}';

/** @param server host and TLS, by the rules of every server; `extraPorts`: allowed besides those of submission */
export function outgoingSchema<Host extends z.ZodType<string>, Tls extends z.ZodType>(
  server: { host: Host; tls: Tls },
  extraPorts: readonly number[],
) {
  const allowed = [...submissionPorts, ...extraPorts];
  const portCure = `give one of ${allowed.join(', ')}, leave it out for the usual one, or let the operator set MAIL_EXTRA_PORTS`;
  return z.strictObject(
    {
      host: server.host.meta({ title: 'Endereço Servidor de Envio' }),
      port: wholeNumber(1, 65535, portCure)
        .refine(port => allowed.includes(port), `is not a port that mail is sent by; ${portCure}`)
        .optional()
        .meta({ title: 'Porta de Envio' }),
      tls: server.tls.meta({ title: 'Utilizar SSL no Envio' }),
      username: line(loginCure, 256).optional().meta({ title: 'Login de Envio' }),
      password: z
        .string({ error: 'must be a text' })
        .min(1, `is empty; ${passwordCure}`)
        .max(1000, `is longer than 1000 characters; ${passwordCure}`)
        .regex(/^\P{Cc}*$/u, 'contains a control character, such as a line end; remove it')
        .optional()
        .meta({ title: 'Senha de Envio', writeOnly: true }),
    },
    { error: asks(outgoingCure, `an object; ${outgoingCure}`) },
  );
}
