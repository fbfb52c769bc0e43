// What to try next in the running demo, as commands to be copied.
import { demoAccount } from './demo.ts';
import { person } from './demo-microsoft.ts';

type Demo = {
  url: string;
  token: string;
  /** The service whose mails were shown, and the one that waits for a consent. */
  serviceId: string;
  consentId: string;
  /** A mail that waits for a supervisor. */
  heldKey: string | undefined;
  mailKey: string | undefined;
  /** Of a customer whose attendance was closed. */
  surveyLink: string | undefined;
  /** Of the mail server, where there is one. */
  imaps: number | undefined;
};

export function whatNext({
  url,
  token,
  serviceId,
  consentId,
  heldKey,
  mailKey,
  surveyLink,
  imaps,
}: Demo): string {
  const sending = `
Send one of your own into the demo mailbox (login ${demoAccount.user}, password ${demoAccount.password}); it is taken in within a minute:
  printf 'From: me@example.com\\r\\nSubject: Hello\\r\\n\\r\\nIt works.\\r\\n' > .local/hello.eml && curl --cacert .local/tls/ca.pem \\
    -u ${demoAccount.user}:${demoAccount.password} -T .local/hello.eml imaps://localhost:${imaps}/INBOX
`;
  const deciding = `
Look at what waits for a supervisor, and let it in (or /reject it):
  curl -H "Authorization: Bearer $(npm run -s token -- Supervisor)" ${url}/api/mails/held
  curl -X POST -H "Authorization: Bearer $(npm run -s token -- Supervisor)" ${url}/api/mails/${heldKey}/approve
`;
  const surveying = `
An attendance was closed, as the platform does it: this is the link of its customer, and where the answer is seen then:
  ${surveyLink}
  curl -H "Authorization: Bearer $(npm run -s token -- Supervisor)" "${url}/api/surveys/results?serviceId=${serviceId}"`;
  return `
The admin API is at ${url}/api, described at ${url}/api/docs. A token of an administrator, good for an hour (npm run -s token -- Admin makes another):

TOKEN=${token}

List what became of the mails:
  curl -H "Authorization: Bearer $TOKEN" "${url}/api/mails?serviceId=${serviceId}"

Read one, as the platform does:
  curl -H "Authorization: Bearer $(npm run -s token -- Platform)" ${url}/api/mails/${mailKey}/body
${heldKey === undefined ? '' : deciding}${imaps === undefined ? '' : sending}
Let a mailbox be read by consent: ask for an address, open it in a browser (which does not know the local authority, and
warns), sign in as ${person}; as anybody else you are told why not:
  curl -X POST -H "Authorization: Bearer $TOKEN" ${url}/api/services/${consentId}/oauth/start

Register a mailbox of your own (older mail than readFrom is left alone; put its server, login and password):
  curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" ${url}/api/services -d '{
    "name": "My mailbox", "readFrom": "${new Date().toISOString().slice(0, 10)}", "groups": [{ "groupId": "atendimento" }],
    "mailbox": { "protocol": "imap", "host": "imap.example.com", "address": "me@example.com", "tls": "implicit",
      "afterRead": { "action": "move", "folder": "Processed" }, "auth": { "type": "basic", "password": "..." } } }'
  The same body sent to ${url}/api/services/test says step by step whether the mailbox can be read.

See the events in another terminal: npm run events (whole: npm run -s events -- --json). A sample agent desktop: npm run desktop.
${surveyLink === undefined ? '' : surveying}`;
}
