// What Dovecot 2.3 is told about logins with access tokens: whom to ask, and what to make of the answer.

export type TokenMechanism = 'XOAUTH2' | 'OAUTHBEARER';

/** The files that `tokenPassdbs` names, by their names. `url` is where tokens are checked (token-check.ts). */
export function tokenFiles(url: string): Record<string, string> {
  const introspection = `introspection_url = ${url}
introspection_mode = post
# Names the service, imap or pop3, whose permissions differ.
send_auth_headers = yes
username_attribute = username
timeout_msecs = 5000
`;
  return {
    // The address in the token is the user who logs in, or Dovecot goes on to the next passdb.
    'people.conf': `${introspection}username_format = %u
`,
    // An app has no address, and Dovecot no setting for "whoever": it expands username_format for the one who logs in and
    // for the token, and compares. What expands to the same for both lets everybody through, and \`app\` decides alone.
    'apps.conf': `${introspection}username_format = anybody
active_attribute = app
active_value = true
`,
  };
}

/** People first: what is no app's token ends at the second. */
export function tokenPassdbs(dir: string, mechanisms: TokenMechanism[]): string {
  return ['people.conf', 'apps.conf']
    .map(
      file => `passdb {
  driver = oauth2
  mechanisms = ${mechanisms.join(' ').toLowerCase()}
  args = ${dir}/${file}
}`,
    )
    .join('\n');
}
