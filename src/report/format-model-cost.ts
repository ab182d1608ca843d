import {received} from '../options/expect.js';
import type {Cost, ModelCost, TotalCost} from './model-cost.js';
import {areRows, count, isRow, table} from '../display/table.js';

const COLUMNS = ['layer', 'class', 'parameters', 'mult-adds', 'activations'];
const TEXT_COLUMNS = 2;
const COSTS = ['parameters', 'multiplyAdds', 'activations'];
const BYTES = ['parameterBytes', 'activationBytes', 'peakActivationBytes'];

/**
 * The costs as a table for the terminal, with the memory below.
 *
 *     layer  class      parameters    mult-adds  activations
 *     conv1  Conv2D            520      288,000       11,520
 *     ...
 *
 * @throws TypeError if `cost` is not what `modelCost` returns.
 *
 * @example
 * console.log(formatModelCost(modelCost(model)));
 */
export function formatModelCost(cost: ModelCost): string {
  const {layers, total} = Object(cost) as ModelCost;
  const isCost = areRows(layers, ['layer', 'className'], COSTS) && isRow(total, [], [...COSTS, ...BYTES]);
  if (!isCost) {
    throw new TypeError(`formatModelCost expects what modelCost(model) returns, got ${received(cost)}`);
  }
  const rows = layers.map(row => [row.layer, row.className, ...cells(row)]);
  return [
    table(COLUMNS, rows, {textColumns: TEXT_COLUMNS, totals: ['total', '', ...cells(total)]}),
    memory(total),
  ].join('\n\n');
}

function cells({parameters, multiplyAdds, activations}: Cost): string[] {
  return [parameters, multiplyAdds, activations].map(count);
}

function memory({parameterBytes, activationBytes, peakActivationBytes}: TotalCost): string {
  return table(
    ['memory', 'bytes'],
    [
      ['parameters', count(parameterBytes)],
      ['activations per example, all', count(activationBytes)],
      ['activations per example, peak', count(peakActivationBytes)],
    ],
    {textColumns: 1},
  );
}
