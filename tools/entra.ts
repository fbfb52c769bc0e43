// Registers in Entra ID what Malote needs: says what it would do, and with --apply does it. What is right already stays.
// Usage: npm run entra -- api [--name NAME] [--admin me|OBJECT-ID] [--apply]
//        npm run entra -- mailboxes [--name NAME] [--imap] [--pop3] [--identity PRINCIPAL-ID] [--apply]
import { readArguments, refuse } from '../local/arguments.ts';
import { AzError, az } from './az.ts';
import { registerApi } from './entra/api.ts';
import { Directory } from './entra/directory.ts';
import { registerMailboxes } from './entra/mailboxes.ts';

const command = 'npm run entra';
const { values, positionals } = readArguments(command, {
  allowPositionals: true,
  options: {
    name: { type: 'string' },
    admin: { type: 'string' },
    imap: { type: 'boolean', default: false },
    pop3: { type: 'boolean', default: false },
    identity: { type: 'string' },
    apply: { type: 'boolean', default: false },
  },
});
const [what, ...others] = positionals;
if (others.length > 0 || (what !== 'api' && what !== 'mailboxes')) {
  refuse(command, `It registers "api" or "mailboxes", not "${positionals.join(' ')}"`);
}

const directory = new Directory(az, { applies: values.apply, say: line => console.log(line) });
try {
  if (what === 'api') await registerApi(directory, { name: values.name ?? 'Malote', admin: values.admin });
  else {
    const protocols = [...(values.imap ? ['IMAP'] : []), ...(values.pop3 ? ['POP'] : [])];
    const { name = 'Malote mailboxes', identity } = values;
    await registerMailboxes(directory, { name, protocols, identity });
  }
  console.log(directory.summary());
} catch (error) {
  if (!(error instanceof AzError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
