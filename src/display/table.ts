import {isList} from '../options/expect.js';

/** A table for the terminal: a header, a rule, and rows; first columns of text, then columns of numbers. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  {textColumns, totals = []}: {textColumns: number; totals?: readonly string[]},
): string {
  const lines = [header, ...rows, ...(totals.length > 0 ? [totals] : [])];
  const widths = header.map((_, column) => Math.max(...lines.map(line => line[column]!.length)));
  const rule = widths.map(width => '-'.repeat(width));
  return [header, rule, ...rows, ...(totals.length > 0 ? [rule, totals] : [])]
    .map(line => line.map((cell, i) => (i < textColumns ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))))
    .map(cells => cells.join('  ').trimEnd())
    .join('\n');
}

/** Whether a value is a list of rows with these fields; a hole in the list is not a row. */
export function areRows(value: unknown, texts: readonly string[], numbers: readonly string[]): boolean {
  return isList(value) && [...(value as readonly unknown[])].every(row => isRow(row, texts, numbers));
}

/** Whether a value is a row with these fields of text and of numbers, which may be NaN. */
export function isRow(value: unknown, texts: readonly string[], numbers: readonly string[]): boolean {
  const row = Object(value) as Record<string, unknown>;
  return texts.every(name => typeof row[name] === 'string') && numbers.every(name => typeof row[name] === 'number');
}

/** Formats a whole number for a table; NaN, which is unknown, as `?`. */
export function count(n: number): string {
  return Number.isNaN(n) ? '?' : n.toLocaleString('en-US');
}

/** Formats a fraction as a percentage, never as 100 % if something is left; NaN, a fraction of nothing, as `-`. */
export function percent(fraction: number, digits = 1): string {
  if (Number.isNaN(fraction)) return '-';
  const [text, all] = [100 * fraction, 100].map(value => value.toFixed(digits));
  return `${text === all && fraction < 1 ? `>${(100 - 10 ** -digits).toFixed(digits)}` : text}%`;
}

const MOST_DIGITS = 6;

/** Formats two fractions as percentages, with as many digits as tell them apart. */
export function percentsApart(one: number, other: number): [string, string] {
  let digits = 1;
  while (one !== other && digits < MOST_DIGITS && percent(one, digits) === percent(other, digits)) digits++;
  return [percent(one, digits), percent(other, digits)];
}
