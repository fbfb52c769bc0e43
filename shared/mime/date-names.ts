// Names that stand in Date headers: months in the languages of those who write to us, zones that mean one thing only.

/** By their first three letters without accents, in English, Portuguese, Spanish, French, Italian, German and Dutch. */
const months = [
  'jan ene gen',
  'feb fev',
  'mar mrt maa',
  'apr abr avr',
  'may mai mei mag',
  'jun giu',
  'jul lug',
  'aug ago aou',
  'sep set',
  'oct out okt ott',
  'nov',
  'dec dez dic',
].map(names => names.split(' '));

/** @returns 1 to 12, 0 for a word that is no month */
export function monthOf(name: string): number {
  // French: `juin`, `juillet`.
  if (/^jui[nl]/.test(name)) return name[3] === 'n' ? 6 : 7;
  return months.findIndex(names => names.includes(name.slice(0, 3))) + 1;
}

/**
 * Hours from UTC. RFC 5322 4.3 has those of North America; the others are of the tz database, as far as a name stands
 * for one offset in mail of today. IST, BST, AST, AMT, ECT or PYT do not.
 */
const zones: Record<string, number> = {
  z: 0,
  ut: 0,
  utc: 0,
  gmt: 0,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
  akst: -9,
  akdt: -8,
  hst: -10,
  art: -3,
  bot: -4,
  brst: -2,
  brt: -3,
  clst: -3,
  clt: -4,
  cot: -5,
  fnt: -2,
  gft: -3,
  pet: -5,
  uyst: -2,
  uyt: -3,
  vet: -4,
  wet: 0,
  west: 1,
  cet: 1,
  cest: 2,
  mez: 1,
  mesz: 2,
  eet: 2,
  eest: 3,
  msk: 3,
  sast: 2,
  pkt: 5,
  hkt: 8,
  jst: 9,
  kst: 9,
  aest: 10,
  aedt: 11,
  nzst: 12,
  nzdt: 13,
};

/** @returns hours from UTC, undefined for a name that may mean several or is not known */
export function zoneHours(name: string): number | undefined {
  return Object.hasOwn(zones, name) ? zones[name] : undefined;
}
