// Reads ISO 8601 durations, the way Azure writes lock durations, lifetimes and windows.

const pattern = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** The duration in milliseconds. Years and months have no fixed length and are refused. */
export function durationMs(text: string): number {
  const match = pattern.exec(text);
  if (!match || text.endsWith('P') || text.endsWith('T')) {
    throw new Error(
      `"${text}" is not a duration of days, hours, minutes and seconds such as P14D or PT1M30S`,
    );
  }
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
