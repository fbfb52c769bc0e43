// What Exim 4 is told: one private folder, loopback only, submission with a login, and mailboxes that are folders.

type Setup = {
  /** Where spool, log, logins and certificate are. */
  dir: string;
  /** Mail to an address goes into the maildir `{address}/Maildir` below it, where there is such a folder. */
  mailDir: string;
  user: string;
  group: string;
  ports: { submission: number; submissions: number };
};

/** Exim takes no file name that came from outside (4.94): names go through a lookup of what is there. */
export function eximConfig({ dir, mailDir, user, group, ports }: Setup): string {
  const recipient = '$local_part@$domain';
  const isListed = (file: string) => `\${lookup{${recipient}}lsearch{${dir}/${file}}{yes}{no}}`;
  const isLogin = (given: string, name: string) =>
    `\${if eq{${given}}{\${lookup{${name}}lsearch{${dir}/logins}{$value}{\\0}}}}`;
  return `
exim_user = ${user}
exim_group = ${group}
never_users =
spool_directory = ${dir}/spool
log_file_path = ${dir}/log/%slog
pid_file_path = ${dir}/spool/exim.pid
primary_hostname = mx.contoso.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${ports.submission} : ${ports.submissions}
tls_on_connect_ports = ${ports.submissions}
tls_advertise_hosts = *
tls_certificate = ${dir}/certificate.pem
tls_privatekey = ${dir}/key.pem
auth_advertise_hosts = \${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = recipient
deliver_drop_privilege = true
keep_environment =
add_environment = PATH=/usr/bin:/bin

begin acl
recipient:
  deny
    message = 550 5.7.1 relay not permitted
    !authenticated = *
  defer
    message = 451 4.7.1 Greylisted, please try again later
    condition = ${isListed('deferred')}
  deny
    message = 550 5.1.1 There is no mailbox of this name
    condition = ${isListed('refused')}
  accept

begin routers
mailboxes:
  driver = accept
  condition = \${lookup{${recipient}}dsearch,filter=dir{${mailDir}}{yes}{no}}
  transport = maildir
# What was taken and cannot be delivered comes back to the sender as a report (RFC 3464).
others:
  driver = redirect
  allow_fail
  data = :fail: There is no mailbox of this name any more

begin transports
maildir:
  driver = appendfile
  directory = ${mailDir}/\${lookup{${recipient}}dsearch,filter=dir{${mailDir}}}/Maildir
  maildir_format
  create_directory
  directory_mode = 0755
  mode = 0644
  envelope_to_add
  return_path_add
  user = ${user}
  group = ${group}

begin retry
* * F,1h,1m

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${isLogin('$auth3', '$auth2')}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${isLogin('$auth2', '$auth1')}
  server_set_id = $auth1
`;
}
