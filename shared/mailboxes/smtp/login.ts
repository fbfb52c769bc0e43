// Logging in to a server that mail is sent by: PLAIN or LOGIN with a password, or XOAUTH2 with an access token (RFC 4954).
import type {
  SMTPConnectionCustomAuthContext as Context,
  SMTPConnectionCustomAuthResponse as Reply,
} from 'nodemailer/lib/smtp-connection';
import type { MaloteError } from '../../errors.ts';
import type { Proof } from '../proof.ts';
import { describeRefusal, readRefusal, xoauth2Answer } from '../xoauth2.ts';
import type { SmtpClient } from './client.ts';
import { takesNoLogin, toSmtpError } from './errors.ts';

// Ours, since nodemailer (10.6.1) shows a token to the first mechanism that the server offers where that is not XOAUTH2.

/**
 * Logs in.
 * @returns the mechanism
 * @throws MaloteError `login_refused` without a cause where the server offers nothing that takes it: then nothing was sent
 */
export async function logInSmtp(client: SmtpClient, username: string, proof: Proof): Promise<string> {
  const { connection, ask } = client;
  let mechanism = '';
  // What a handler throws, nodemailer makes an error of its own.
  let notTried: MaloteError | undefined;
  connection.customAuth.set('OURS', async (context: Context) => {
    const offered = context.authMethods.map(name => name.toUpperCase());
    const chosen = choose(offered, proof);
    if (!chosen) {
      notTried = takesNoLogin(
        proof.type === 'token' ? 'access tokens (XOAUTH2)' : 'password (PLAIN or LOGIN)',
        offered,
      );
      throw new Error('No mechanism');
    }
    mechanism = chosen;
    const { reply, reason = '' } = await mechanisms[chosen](context, username, proof);
    if (reply.status !== 235) throw Object.assign(new Error('The login was refused'), { reason });
  });
  try {
    await ask(done => connection.login({ method: 'OURS', user: username }, done));
    return mechanism;
  } catch (error) {
    throw notTried ?? toSmtpError(error, proof);
  }
}

function choose(offered: string[], { type }: Proof): Mechanism | undefined {
  const wanted: Mechanism[] = type === 'token' ? ['XOAUTH2'] : ['PLAIN', 'LOGIN'];
  return wanted.find(name => offered.includes(name));
}

type Mechanism = 'PLAIN' | 'LOGIN' | 'XOAUTH2';
type Run = (context: Context, username: string, proof: Proof) => Promise<{ reply: Reply; reason?: string }>;

const base64 = (text: string) => Buffer.from(text).toString('base64');
const passwordOf = (proof: Proof) => (proof.type === 'password' ? proof.password : '');

const mechanisms: Record<Mechanism, Run> = {
  // RFC 4616 2
  PLAIN: async ({ sendCommand }, username, proof) => ({
    reply: await sendCommand(`AUTH PLAIN ${base64(`\0${username}\0${passwordOf(proof)}`)}`),
  }),
  // draft-murchison-sasl-login, and what Exchange has for passwords.
  LOGIN: async ({ sendCommand }, username, proof) => {
    let reply = await sendCommand('AUTH LOGIN');
    for (const answer of [username, passwordOf(proof)]) {
      if (reply.status === 334) reply = await sendCommand(base64(answer));
    }
    return { reply };
  },
  // With the command at once: Microsoft 365 and Gmail take it so. Who refuses first says why in a challenge (RFC 7628 3.2.3).
  XOAUTH2: async ({ sendCommand }, username, proof) => {
    const answer = xoauth2Answer(username, proof.type === 'token' ? proof.token : '');
    const reply = await sendCommand(`AUTH XOAUTH2 ${answer}`);
    if (reply.status !== 334) return { reply };
    return { reply: await sendCommand(''), reason: describeRefusal(readRefusal(reply.text)) };
  },
};
