// The service of one of many users at a Dovecot, as it is registered: `user0`, `user1`, ... of the group `bench`.

type Server = { port: number; password: string; pollSeconds: number };

export function userService(n: number, { port, password, pollSeconds }: Server) {
  return {
    name: `Bench ${n}`,
    readFrom: '2020-01-01',
    groups: [{ groupId: 'bench' }],
    pollSeconds,
    mailbox: {
      protocol: 'imap',
      host: 'localhost',
      port,
      tls: 'implicit',
      address: `user${n}@contact.example`,
      username: `user${n}`,
      afterRead: { action: 'delete' },
      auth: { type: 'basic', password },
    },
  };
}
