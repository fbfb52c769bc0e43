// Sets of mails kept as IMAP sequence sets of their UIDs ("1:100,105"), RFC 9051 9 `sequence-set`.

type Range = [first: number, last: number];

/** The sequence set of these UIDs, in whatever order they come. Empty for none. */
export function sequenceSet(uids: Iterable<string>): string {
  const ranges: Range[] = [];
  for (const uid of [...uids].map(Number).sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && uid <= last[1] + 1) last[1] = uid;
    else ranges.push([uid, uid]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}:${last}`)).join(',');
}

/** A test for membership of a sequence set, fast for many questions. */
export function sequenceTester(set: string): (uid: string) => boolean {
  const ranges = parse(set);
  return text => {
    const uid = Number(text);
    let low = 0;
    let high = ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [first, last] = ranges[middle] ?? [0, 0];
      if (uid < first) high = middle - 1;
      else if (uid > last) low = middle + 1;
      else return true;
    }
    return false;
  };
}

/** All UIDs of a sequence set, ascending. */
export function sequenceMembers(set: string): string[] {
  return parse(set).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, offset) => String(first + offset)),
  );
}

function parse(set: string): Range[] {
  if (set === '') return [];
  return set.split(',').map(part => {
    const [first = 0, last = first] = part.split(':').map(Number);
    return [first, last];
  });
}
