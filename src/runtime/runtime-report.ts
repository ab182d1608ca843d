import {count, percent, table} from '../display/table.js';
import {boolean} from '../options/option.js';
import type {Args} from '../options/table.js';
import type {Int8Accuracy} from './int8/accuracy.js';
import type {MachineKind} from './machine.js';

export const REPORT_OPTIONS = {
  /** Whether to measure how long each layer takes, on inputs of zeros. Defaults to false. */
  measure: boolean(false),
};

/** Options of {@link CompiledModel.report}. */
export type ReportArgs = Args<typeof REPORT_OPTIONS>;

/** What the runtime does for a layer. */
export interface RuntimeReportRow {
  /** Its name, after those of the models it is in. Layers that became part of another one have no row. */
  readonly layer: string;
  /** How it is computed: `sparse`, `dense`, `copy`, ...; `tf.js` if tf.js runs it. */
  readonly kernel: string;
  /** The share of weights that are not zero; NaN if it multiplies none. */
  readonly density: number;
  /** Multiplications by weights that are not zero, for a whole batch. */
  readonly multiplications: number;
  /** Bytes of its weights, as they are packed. */
  readonly bytes: number;
  /** How long it takes; NaN unless measured. */
  readonly microseconds: number;
}

/** What a compiled model consists of. */
export interface RuntimeReport {
  /** What is computed, one after the other. */
  readonly rows: readonly RuntimeReportRow[];
  /** How many inputs are computed at once. */
  readonly batch: number;
  /** What runs it. */
  readonly machine: MachineKind;
  /** Bytes of what flows between layers. */
  readonly activationBytes: number;
  /** Bytes of weights and of the program. */
  readonly weightBytes: number;
  /** How far it is from floats; only of `precision: 'int8'`. */
  readonly accuracy?: Int8Accuracy;
}

/**
 * A report as a table for the terminal.
 *
 * @example
 * console.log(formatRuntimeReport(fast.report({measure: true})));
 */
export function formatRuntimeReport(report: RuntimeReport): string {
  const {rows, batch, machine, activationBytes, weightBytes, accuracy} = report;
  const isMeasured = rows.some(({microseconds}) => !Number.isNaN(microseconds));
  const sum = (field: 'multiplications' | 'bytes' | 'microseconds') => rows.reduce((all, row) => all + row[field], 0);
  const time = (microseconds: number) => (isMeasured ? [microseconds.toFixed(2)] : []);
  const lines = rows.map(({layer, kernel, density, multiplications, bytes, microseconds}) => [
    layer,
    kernel,
    Number.isNaN(density) ? '' : percent(density),
    count(multiplications),
    count(bytes),
    ...time(microseconds),
  ]);
  const header = ['layer', 'kernel', 'density', 'multiplications', 'bytes', ...(isMeasured ? ['us'] : [])];
  const totals = ['all', '', '', count(sum('multiplications')), count(sum('bytes')), ...time(sum('microseconds'))];
  const memory = `activations ${kilobytes(activationBytes)}, weights ${kilobytes(weightBytes)}`;
  const last = `batch ${batch}, ${machine}; ${memory}${accuracy ? formattedInt8(accuracy, machine) : ''}`;
  return `${table(header, lines, {textColumns: 2, totals})}\n${last}`;
}

/** A line for each output, and what it costs where bytes have no products of their own. */
function formattedInt8({examples, outputs}: Int8Accuracy, machine: MachineKind): string {
  const lines = outputs.map(({largest, mean, agreement}) => {
    const same = Number.isNaN(agreement) ? '' : `, the same largest number in ${percent(agreement)}`;
    const far = `off by at most ${percent(largest)}, ${percent(mean)} in the mean`;
    return `\nint8 against floats, ${examples} examples: ${far}${same}`;
  });
  const cost = '\nwithout relaxed SIMD, int8 is about as fast as floats where dense, and slower where sparse';
  return lines.join('') + (machine === 'relaxed SIMD' ? '' : cost);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
