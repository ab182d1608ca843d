import {isList, isPlainObject, received} from '../options/expect.js';
import {option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {blocks} from '../structures/blocks.js';
import {channels} from '../structures/channels.js';
import type {WeightStructure} from '../structures/each-weight.js';
import {filters} from '../structures/filters.js';
import {inputBlocks} from '../structures/input-blocks.js';
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
  inputBlocks,
  kernelColumns,
  kernelRows,
  kernels,
  nOfM,
  outputBlocks,
  shifts,
  slices,
  weights,
};

type StructureName = keyof typeof STRUCTURES;

const OPTIONS = {
  /** The name of its function. */
  name: option((_, name: StructureName) => expectName(name)),
  /** What the function takes. Defaults to nothing. */
  args: option(expectArguments, () => []),
};

/** A structure by its name, so that it can be written to a file. */
export type NamedStructure = Args<typeof OPTIONS>;

/**
 * Makes the named structure.
 *
 * @throws TypeError if the name is unknown, and what the structure throws.
 */
export function structureNamed(structure: NamedStructure): WeightStructure {
  if (!isPlainObject(structure) || !('name' in structure)) throw noName(structure);
  const {name, args} = read('structure', structure, OPTIONS, 'structure.');
  return (STRUCTURES[name] as (...args: readonly unknown[]) => WeightStructure)(...args);
}

function expectName(name: StructureName): StructureName {
  if (typeof name === 'string' && Object.hasOwn(STRUCTURES, name)) return name;
  throw noName(name);
}

function expectArguments(option: string, args: readonly unknown[]): readonly unknown[] {
  if (isList(args)) return args;
  const example = 'as in {name: "slices", args: [0]}';
  throw new TypeError(`Expected \`${option}\` to be an array, ${example}, got ${received(args)}`);
}

function noName(got: unknown): TypeError {
  return new TypeError(
    'A regularizer is saved with its model, so its `structure` is named, as in {name: "blocks", args: [[4, 1]]}; ' +
      `expected one of ${Object.keys(STRUCTURES).join(', ')}, got ${received(got)}`,
  );
}
