// Who may open which mailbox: an app by its permission and scope, a person their own mailbox and those shared with them.
import { accessDenied, GraphError } from './graph-error.ts';
import type { Caller } from './token-check.ts';

export class Permissions {
  readonly #scopes = new Map<string, Set<string> | 'all'>();
  readonly #shares = new Map<string, Set<string>>();
  readonly #senders = new Map<string, Set<string>>();

  /**
   * Gives an app `Application Mail.ReadWrite` over one mailbox more, or over all: from then on this alone counts,
   * not what its token says. https://learn.microsoft.com/exchange/permissions-exo/application-rbac
   */
  allowApp(clientId: string, mailbox: string | 'all'): void {
    const scope = this.#scopes.get(clientId);
    if (mailbox === 'all') this.#scopes.set(clientId, 'all');
    else if (scope instanceof Set) scope.add(mailbox.toLowerCase());
    else this.#scopes.set(clientId, new Set([mailbox.toLowerCase()]));
  }

  /** Gives a person full access to a mailbox that is not theirs. */
  share(mailbox: string, person: string): void {
    const people = this.#shares.get(mailbox.toLowerCase()) ?? new Set();
    this.#shares.set(mailbox.toLowerCase(), people.add(person.toLowerCase()));
  }

  /** Lets a person send as a mailbox that is not theirs (SendAs); full access alone does not. */
  allowSendAs(mailbox: string, person: string): void {
    const people = this.#senders.get(mailbox.toLowerCase()) ?? new Set();
    this.#senders.set(mailbox.toLowerCase(), people.add(person.toLowerCase()));
  }

  /** Whether a mail may be sent from a mailbox, as `check`: an app by `Mail.Send`, of which RBAC of the stand-in knows nothing. */
  checkSending({ permissions, person }: Caller, mailbox: string): void {
    const isOwn = person === undefined || person === mailbox;
    const wanted = isOwn ? /^Mail\.Send(\.Shared)?$/ : /^Mail\.Send\.Shared$/;
    if (!permissions.some(permission => wanted.test(permission))) throw denied();
    if (isOwn || this.#senders.get(mailbox)?.has(person)) return;
    const sentence =
      'The user account does not have the right to send mail on behalf of the specified sending account.';
    throw new GraphError(403, 'ErrorSendAsDenied', sentence);
  }

  /** Throws as Graph refuses; `mailbox` is in lower case. */
  check(caller: Caller, mailbox: string, writes: boolean): void {
    if (caller.person === undefined) this.#checkApp(caller, mailbox, writes);
    else this.#checkPerson(caller, caller.person, mailbox, writes);
  }

  #checkApp({ clientId, permissions }: Caller, mailbox: string, writes: boolean): void {
    const scope = this.#scopes.get(clientId);
    if (scope === undefined) {
      if (!hasMailPermission(permissions, writes)) throw denied();
    } else if (scope !== 'all' && !scope.has(mailbox)) {
      // https://learn.microsoft.com/graph/auth-limit-mailbox-access
      throw accessDenied('Access to OData is disabled.');
    }
  }

  #checkPerson({ permissions }: Caller, person: string, mailbox: string, writes: boolean): void {
    if (person === mailbox) {
      if (!hasMailPermission(permissions, writes)) throw denied();
      return;
    }
    if (!hasMailPermission(permissions.filter(isShared), writes)) throw denied();
    // A mailbox that nobody shared with the person is not refused: it has nothing in it to be seen.
    if (!this.#shares.get(mailbox)?.has(person)) {
      const sentence = 'The specified object was not found in the store., Default folder Root not found.';
      throw new GraphError(404, 'ErrorItemNotFound', sentence);
    }
  }
}

/** `.Shared` includes the person's own mail. */
function hasMailPermission(permissions: readonly string[], writes: boolean): boolean {
  return permissions.some(permission => (writes ? writing : reading).test(permission));
}

const writing = /^Mail\.ReadWrite(\.Shared)?$/;
const reading = /^Mail\.Read(Write)?(\.Shared)?$/;

function isShared(permission: string): boolean {
  return permission.endsWith('.Shared');
}

function denied(): GraphError {
  return accessDenied('Access is denied. Check credentials and try again.');
}
