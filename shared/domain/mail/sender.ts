// Which of several in From wrote a mail (RFC 5322 3.6.2 allows many).

/** The first with an address; where none has one, the first, for it has a name at least. Undefined of nobody. */
export function senderIn<From extends { address: string }>(from: readonly From[]): From | undefined {
  return from.find(({ address }) => address) ?? from[0];
}
