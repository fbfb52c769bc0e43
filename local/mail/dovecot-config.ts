// What Dovecot 2.3 is told: one private folder, loopback only, and nothing that slows a failed login down, unless that is wanted.

import { type TokenMechanism, tokenPassdbs } from './dovecot-tokens.ts';

export type Ports = { imap: number; imaps: number; pop3: number; pop3s: number };

type Setup = {
  /** Where mails, users, certificate and log are. */
  dir: string;
  /** Where the sockets are. A path of its own because it has to be short: a socket's may have 108 characters (unix(7)). */
  socketDir: string;
  user: string;
  group: string;
  ports: Ports;
  withoutCapabilities: string[];
  /** Offered besides passwords. */
  tokenMechanisms: TokenMechanism[];
  /** As Dovecot does unless it is told otherwise. */
  delaysRefusals: boolean;
};

/** What Dovecot 2.3.19 answers to CAPABILITY after login. */
const capabilities = [
  'IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS',
  'THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED',
  'I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE',
  'SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY',
].flatMap(line => line.split(' '));

export function dovecotConfig(setup: Setup): string {
  const { dir, socketDir, user, group, ports, withoutCapabilities, tokenMechanisms, delaysRefusals } = setup;
  const mechanisms = ['plain', 'login', ...tokenMechanisms].join(' ').toLowerCase();
  return `
base_dir = ${socketDir}
state_dir = ${socketDir}
log_path = ${dir}/dovecot.log
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
mail_uid = ${user}
mail_gid = ${group}
first_valid_uid = 1
first_valid_gid = 1

protocols = imap pop3
listen = 127.0.0.1
${loginService('imap', ports.imap, ports.imaps)}
${loginService('pop3', ports.pop3, ports.pop3s)}
ssl = yes
ssl_cert = <${dir}/certificate.pem
ssl_key = <${dir}/key.pem
ssl_min_protocol = TLSv1.2

auth_mechanisms = ${mechanisms}
disable_plaintext_auth = no
${delaysRefusals ? '' : promptRefusals}
service anvil {
  chroot =
}
service stats {
  chroot =
}

# A file for each user: Dovecot looks for changes in a file once a second at most, but finds a new file at once.
passdb {
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u ${dir}/users/%u
}
${tokenMechanisms.length === 0 ? '' : tokenPassdbs(dir, tokenMechanisms)}
userdb {
  driver = static
  args = uid=${user} gid=${group} home=${dir}/mail/%u
}

# Mails are stored with the line ends they came with: FETCH gives the very bytes of APPEND, a bare CR too. Only a bare LF
# comes back as CRLF, whatever the storage.
mail_location = maildir:${dir}/mail/%u/Maildir
mail_save_crlf = yes
mail_fsync = never
mail_max_userip_connections = 200
namespace inbox {
  inbox = yes
}
${withoutCapabilities.length === 0 ? '' : `imap_capability = ${announced(withoutCapabilities)}`}
pop3_lock_session = yes
pop3_uidl_format = %08Xu%08Xv
`;
}

const promptRefusals = `
# Failed logins are answered at once. A passdb that authenticates nobody hands out nodelay, without which they wait for
# a timer of 500 ms whatever auth_failure_delay says.
auth_failure_delay = 0 secs
passdb {
  driver = static
  args = noauthenticate=y nodelay=y
  result_success = continue
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}`;

function loginService(protocol: 'imap' | 'pop3', port: number, tlsPort: number): string {
  return `service ${protocol}-login {
  chroot =
  # A process serves many logins: no fork for each connection.
  service_count = 0
  inet_listener ${protocol} {
    port = ${port}
  }
  inet_listener ${protocol}s {
    port = ${tlsPort}
    ssl = yes
  }
}`;
}

function announced(without: string[]): string {
  return capabilities.filter(name => !without.includes(name)).join(' ');
}
