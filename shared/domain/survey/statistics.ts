// How sure a figure is: 95 % intervals of a share, of a net score and of a mean.

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959963984540054;

/** In the unit of the figure; nulls where nothing can be said. */
export type Estimate = { value: number | null; low: number | null; high: number | null };

const unknown: Estimate = { value: null, low: null, high: null };

/**
 * A share in per cent, with Wilson's score interval, which holds for few answers and for shares near 0 and 100 too.
 * E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927).
 */
export function share(hits: number, n: number): Estimate {
  if (n === 0) return unknown;
  const p = hits / n;
  const scale = 1 + Z ** 2 / n;
  const middle = (p + Z ** 2 / (2 * n)) / scale;
  const half = (Z / scale) * Math.sqrt((p * (1 - p)) / n + Z ** 2 / (4 * n ** 2));
  return rounded({ value: 100 * p, low: 100 * (middle - half), high: 100 * (middle + half) }, [0, 100]);
}

/**
 * Promoters less detractors in per cent, -100 to 100, with the interval of a difference of two shares of one sample: the
 * variance of an answer that counts 1, 0 or -1. It is narrow where answers are few and alike.
 */
export function netScore(promoters: number, detractors: number, n: number): Estimate {
  if (n === 0) return unknown;
  const [p, d] = [promoters / n, detractors / n];
  const half = Z * Math.sqrt((p + d - (p - d) ** 2) / n);
  const value = p - d;
  return rounded({ value: 100 * value, low: 100 * (value - half), high: 100 * (value + half) }, [-100, 100]);
}

/**
 * The mean of values on a scale, with the normal interval of the sample's deviation (n - 1); of a single one there is none.
 * @param counts how often each value came
 */
export function mean(counts: readonly (readonly [value: number, count: number])[], scale: Range): Estimate {
  const n = counts.reduce((sum, [, count]) => sum + count, 0);
  if (n === 0) return unknown;
  const value = counts.reduce((sum, [each, count]) => sum + each * count, 0) / n;
  if (n === 1) return { value, low: null, high: null };
  const squares = counts.reduce((sum, [each, count]) => sum + count * (each - value) ** 2, 0);
  const half = Z * Math.sqrt(squares / (n - 1) / n);
  return rounded({ value, low: value - half, high: value + half }, scale);
}

type Range = readonly [least: number, most: number];

/** To two decimals, and within what the figure can be. */
function rounded({ value, low, high }: { [Key in keyof Estimate]: number }, [least, most]: Range): Estimate {
  const round = (figure: number) => Math.round(Math.min(most, Math.max(least, figure)) * 100) / 100;
  return { value: round(value), low: round(low), high: round(high) };
}
