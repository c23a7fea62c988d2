import Big from 'big.js';

/**
 * Whether a server that was sent one decimal kept it as the other: rounded to two decimals or more, or to the nearest
 * double, because ConnectWise documents quantities as doubles (OpenAPI).
 */
export function isRounded(kept: string, sent: string): boolean {
  const exact = new Big(sent);
  const decimals = exact.c.length - exact.e - 1;
  for (let places = 2; places < decimals; places += 1) {
    for (const mode of [Big.roundHalfUp, Big.roundHalfEven]) {
      if (exact.round(places, mode).eq(kept)) return true;
    }
  }
  return new Big(Number(sent)).eq(kept);
}
