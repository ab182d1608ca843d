const withCommas = new Intl.NumberFormat('en');

export function percent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

export function count(value: number): string {
  return withCommas.format(value);
}

export function kilobytes(bytes: number): string {
  return `${count(Math.round(bytes / 1000))} kB`;
}
