import {count, percent, table} from '../display/table.js';
import {formatLatency} from '../report/format-latency.js';
import type {Latency} from '../report/measure-latency.js';
import type {OutputDifference} from './output-differences.js';

/** What two models cost, how far their outputs are apart, and how long they take. */
export interface Comparison {
  readonly models: readonly ComparedModel[];
  /** How many examples the outputs are of. */
  readonly examples: number;
  readonly outputs: readonly OutputDifference[];
  /** Empty if it was not measured. */
  readonly latency: readonly Latency[];
}

/** A model of a comparison. */
export interface ComparedModel {
  readonly place: string;
  readonly parameters: number;
  /** The fraction of zeros in the kernels. */
  readonly sparsity: number;
  readonly multiplyAdds: number;
  readonly nonZeroMultiplyAdds: number;
  /** The size of its files. */
  readonly bytes: number;
  readonly gzippedBytes: number;
  /** The fraction of the examples whose class has the highest output, if there are labels. */
  readonly accuracy?: number;
}

/** The comparison as tables for the terminal. */
export function formatComparison({models, examples, outputs, latency}: Comparison): string {
  return [
    tableOfModels(models),
    `Outputs for ${count(examples)} examples, and how far they are apart\n${tableOfOutputs(outputs)}`,
    ...(latency.length > 0 ? [`Milliseconds\n${formatLatency(latency)}`] : []),
  ].join('\n\n');
}

function tableOfModels(models: readonly ComparedModel[]): string {
  const costs = ['model', 'parameters', 'sparsity', 'mult-adds', 'non-zero', 'bytes', 'gzipped'];
  const hasAccuracy = models.some(({accuracy}) => accuracy !== undefined);
  return table([...costs, ...(hasAccuracy ? ['accuracy'] : [])], models.map(rowOf), {textColumns: 1});
}

function rowOf(model: ComparedModel): string[] {
  const {place, parameters, sparsity, multiplyAdds, nonZeroMultiplyAdds, bytes, gzippedBytes, accuracy} = model;
  const sizes = [multiplyAdds, nonZeroMultiplyAdds, bytes, gzippedBytes].map(count);
  return [
    place,
    count(parameters),
    percent(sparsity),
    ...sizes,
    ...(accuracy === undefined ? [] : [percent(accuracy)]),
  ];
}

function tableOfOutputs(outputs: readonly OutputDifference[]): string {
  const rows = outputs.map(({output, largest, mean, size, agreement}) => {
    const figures = [size, mean, largest].map(value => value.toPrecision(3));
    return [output, ...figures, agreement === null ? '-' : percent(agreement)];
  });
  return table(['output', 'mean size', 'mean', 'largest', 'same highest'], rows, {textColumns: 1});
}
