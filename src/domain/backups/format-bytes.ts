import Big from 'big.js';

const units = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** "1250000000" is "1.25 GB": decimal units, as backup vendors bill them, at most two digits after the point. */
export function formatBytes(bytes: string): string {
  let value = new Big(bytes);
  let unit = 0;
  while (value.gte(1000) && unit < units.length - 1) {
    value = value.div(1000);
    unit += 1;
  }
  return `${value.round(2).toString()} ${units[unit]}`;
}
