// Makes a key for secrets in Key Vault if it is not there, and shows it to nobody; then the app starts anew, if it is named.
// Usage: npm run key -- --vault VAULT --name secret-key-ID [--app APP --group GROUP]
import { readArguments, refuse } from '../local/arguments.ts';
import { AzError, az } from './az.ts';
import { cureOf, keyIdOf, makeKey } from './make-key.ts';

const command = 'npm run key';
// What azd keeps of a deployment's outputs, in the environment of its hooks.
const { MALOTE_VAULT, MALOTE_KEY_NAME, MALOTE_APP, AZURE_RESOURCE_GROUP } = process.env;
const { values } = readArguments(command, {
  options: {
    vault: { type: 'string', default: MALOTE_VAULT ?? '' },
    name: { type: 'string', default: MALOTE_KEY_NAME ?? '' },
    app: { type: 'string', default: MALOTE_APP ?? '' },
    group: { type: 'string', default: AZURE_RESOURCE_GROUP ?? '' },
  },
});
const { vault, name, app, group } = values;
if (vault === '') refuse(command, 'No vault is named, by --vault');
if (keyIdOf(name) === undefined) refuse(command, `"${name}" does not name a key, as secret-key-k1 does`);
if (app !== '' && group === '') refuse(command, 'The app needs its resource group, by --group');

const toRestart = app === '' ? undefined : { name: app, group };
try {
  await makeKey(az, { vault, name, app: toRestart }, line => console.log(line));
} catch (error) {
  if (!(error instanceof AzError)) throw error;
  console.error(`${error.message}\n${cureOf(error.message)}`);
  process.exitCode = 1;
}
