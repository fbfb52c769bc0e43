// Sets of mails: UIDs as an IMAP sequence set ("1:100,105", RFC 9051 9 `sequence-set`), other ids one by one in the same list.

type Range = [first: number, last: number];

/** Ids of protocols without UIDs are longer, and hold neither comma nor colon. */
const UID = /^\d{1,10}$/;
const UID_OR_RANGE = /^\d{1,10}(:\d{1,10})?$/;

/** The set of these ids, in whatever order they come. Empty for none. */
export function sequenceSet(ids: Iterable<string>): string {
  const uids: number[] = [];
  const others: string[] = [];
  for (const id of new Set(ids)) {
    if (UID.test(id)) uids.push(Number(id));
    else others.push(id);
  }
  const ranges: Range[] = [];
  for (const uid of uids.sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && uid <= last[1] + 1) last[1] = uid;
    else ranges.push([uid, uid]);
  }
  const parts = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}:${last}`));
  return [...parts, ...others].join(',');
}

/** A test for membership of a set, fast for many questions. */
export function sequenceTester(set: string): (id: string) => boolean {
  const { ranges, others } = parse(set);
  const isOther = new Set(others);
  return id => {
    if (!UID.test(id)) return isOther.has(id);
    const uid = Number(id);
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

/** All ids of a set: UIDs ascending, then the others. */
export function sequenceMembers(set: string): string[] {
  const { ranges, others } = parse(set);
  const uids = ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, offset) => String(first + offset)),
  );
  return [...uids, ...others];
}

/** How many ids a set has. */
export function sequenceCount(set: string): number {
  const { ranges, others } = parse(set);
  return ranges.reduce((count, [first, last]) => count + last - first + 1, others.length);
}

function parse(set: string): { ranges: Range[]; others: string[] } {
  const ranges: Range[] = [];
  const others: string[] = [];
  for (const part of set === '' ? [] : set.split(',')) {
    if (UID_OR_RANGE.test(part)) {
      const [first = 0, last = first] = part.split(':').map(Number);
      ranges.push([first, last]);
    } else others.push(part);
  }
  return { ranges, others };
}
