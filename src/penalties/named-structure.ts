import {expectOptions, isList, isPlainObject, received} from '../options/expect.js';
import {blocks} from '../structures/blocks.js';
import {channels} from '../structures/channels.js';
import type {WeightStructure} from '../structures/each-weight.js';
import {filters} from '../structures/filters.js';
import {kernelColumns, kernelRows, kernels} from '../structures/kernels.js';
import {nOfM} from '../structures/n-of-m.js';
import {outputBlocks} from '../structures/output-blocks.js';
import {shifts} from '../structures/shifts.js';
import {slices} from '../structures/slices.js';
import {weights} from '../structures/weights.js';

const STRUCTURES = {
  blocks,
  channels,
  filters,
  kernelColumns,
  kernelRows,
  kernels,
  nOfM,
  outputBlocks,
  shifts,
  slices,
  weights,
};

/** A structure by its name, so that it can be written to a file. */
export interface NamedStructure {
  /** The name of its function. */
  name: keyof typeof STRUCTURES;
  /** What the function takes. Defaults to nothing. */
  args?: readonly unknown[];
}

/**
 * Makes the structure that is named.
 *
 * @throws TypeError where it is no name, and what the structure throws.
 */
export function structureNamed(structure: NamedStructure): WeightStructure {
  const {name, args = []} = isNamed(structure) ? expectOptions('structure', structure, ['name', 'args']) : {};
  if (!isList(args)) {
    throw new TypeError(
      `Expected \`args\` of \`structure\` to be an array, as in {name: "slices", args: [0]}, got ${received(args)}`,
    );
  }
  if (typeof name === 'string' && Object.hasOwn(STRUCTURES, name)) {
    return (STRUCTURES[name] as (...args: readonly unknown[]) => WeightStructure)(...args);
  }
  throw new TypeError(
    'A regularizer is saved with its model, so its `structure` is named, as in {name: "blocks", args: [[4, 1]]}; expected ' +
      `one of ${Object.keys(STRUCTURES).join(', ')}, got ${received(name ?? structure)}`,
  );
}

function isNamed(structure: NamedStructure): boolean {
  return isPlainObject(structure) && 'name' in structure;
}
