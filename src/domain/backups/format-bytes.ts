import Big from 'big.js';

const units = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** "1250000000" is "1.25 GB": decimal units, as backup vendors bill them, at most two digits after the point. */
export function formatBytes(bytes: string): string {
  const exact = new Big(bytes);
  const unit = Math.max(0, Math.min(Math.floor(exact.e / 3), units.length - 1));
  return `${exact
    .times(`1e-${3 * unit}`)
    .round(2)
    .toString()} ${units[unit]}`;
}
