// Which access tokens were taken back, known by `uti`: Entra's identifier of a token.
import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';

export class IssuedTokens {
  #issued: string[] = [];
  readonly #revoked = new Set<string>();

  /** The identifier of a new token. */
  next(): string {
    const uti = randomUUID();
    this.#issued.push(uti);
    return uti;
  }

  /** All tokens issued until now are to be refused by whom they are shown to. */
  invalidate(): void {
    for (const uti of this.#issued) this.#revoked.add(uti);
    this.#issued = [];
  }

  isRevoked(token: string): boolean {
    return this.#revoked.has(String(decodeJwt(token).uti));
  }
}
