// Who may open links: whoever presents a token at $cbs that the connection string lets it sign, as Azure's own clients
// do, or whoever logs in by SASL PLAIN with the key's name and the key, as other AMQP clients do.
// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide#claims-based-authorization

import { createHmac } from 'node:crypto';
import rhea, { type Connection, type Message } from 'rhea';
import type { Broker } from './broker.ts';
import { underFaults } from './fault-points.ts';
import { toRefusal, unauthorized } from './refusal.ts';
import { reply } from './reply.ts';

export const keyName = 'RootManageSharedAccessKey';

/** Not a secret: the key of Microsoft's own emulator, the same everywhere. */
export const key = 'SAS_KEY_VALUE';

/** Whether these are the name of the key and the key itself. */
export function checkPassword(username: string | null, password: string | null): boolean {
  return username === keyName && password === key;
}

/** Answers a put-token request; after a good one the connection may open links. */
export async function authorize(broker: Broker, connection: Connection, request: Message): Promise<void> {
  try {
    const check = () => {
      checkToken(String(request.body));
      broker.authorized.add(connection);
    };
    const accept = () =>
      reply(connection, request, {
        'status-code': rhea.types.wrap_int(202),
        'status-description': 'Accepted',
      });
    await underFaults(broker.faults, 'authorize', connection, check, accept);
  } catch (error) {
    const { status, condition, message } = toRefusal(error);
    const properties = {
      'status-code': rhea.types.wrap_int(status),
      'status-description': message,
      'error-condition': condition,
    };
    reply(connection, request, properties);
  }
}

/** `SharedAccessSignature sr={audience}&sig={signature}&se={expiry}&skn={key name}`: sr and se are what is signed, as written. */
function checkToken(token: string): void {
  const [scheme, list = ''] = token.split(' ');
  if (scheme !== 'SharedAccessSignature') throw unauthorized('Only shared access signatures are known here.');
  const fields = Object.fromEntries(list.split('&').map(field => splitOnce(field)));
  const signature = createHmac('sha256', key).update(`${fields.sr}\n${fields.se}`).digest('base64');
  if (fields.skn !== keyName || decodeURIComponent(fields.sig ?? '') !== signature) {
    throw unauthorized('InvalidSignature: The token has an invalid signature.');
  }
  if (Number(fields.se) * 1000 < Date.now()) throw unauthorized('ExpiredToken: The token is expired.');
}

function splitOnce(field: string): [string, string] {
  const equals = field.indexOf('=');
  return [field.slice(0, equals), field.slice(equals + 1)];
}
