import {isList} from '../options/expect.js';

/** A table for the terminal: a header, a rule, and rows; the first columns are texts, all others numbers. */
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

/** Whether a value is a list of such rows; a place of it that was left out is none. */
export function areRows(value: unknown, texts: readonly string[], numbers: readonly string[]): boolean {
  return isList(value) && [...(value as readonly unknown[])].every(row => isRow(row, texts, numbers));
}

/** Whether a value is a row of a report: its fields of texts and of numbers, NaN where one is not known, are there. */
export function isRow(value: unknown, texts: readonly string[], numbers: readonly string[]): boolean {
  const row = Object(value) as Record<string, unknown>;
  return texts.every(name => typeof row[name] === 'string') && numbers.every(name => typeof row[name] === 'number');
}

/** A whole number as it stands in a table; NaN is one that is not known. */
export function count(n: number): string {
  return Number.isNaN(n) ? '?' : n.toLocaleString('en-US');
}

/** A fraction as it stands in a table: never 100 % where something is left. */
export function percent(fraction: number): string {
  const text = (100 * fraction).toFixed(1);
  return `${text === '100.0' && fraction < 1 ? '>99.9' : text}%`;
}
