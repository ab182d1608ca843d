import type {PrunableWeight} from '../layers/cards/layer-card.js';
import {expectModel, modelLayers} from '../layers/model-layers.js';
import {weightIn, weightOwners, type WeightOwner} from '../layers/prunable-weights.js';
import {noteMakers} from '../options/makers.js';
import {integer, oneOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {eachWeight, type WeightStructure} from '../structures/each-weight.js';
import {inputBlocks} from '../structures/input-blocks.js';
import {outputBlocks} from '../structures/output-blocks.js';
import type {WeightLayout} from '../structures/structure.js';
import {weights} from '../structures/weights.js';
import type {Layer, Model} from '../tfjs-internals.js';
import {kernelPositions} from './kernel-positions.js';

const OPTIONS = {
  /** How many examples the pruned model will run at once. Defaults to 1. */
  batch: integer({min: 1}, 1),
  /** What it will compute with, as `precision` of `compile`. Defaults to 'float32'. */
  precision: oneOf(['float32', 'int8'], 'float32'),
};

/** Options of {@link recommendStructure}. */
export type RecommendStructureArgs = Args<typeof OPTIONS>;

const SINGLE = weights();
/** For kernels that multiply one vector. */
const FOR_VECTORS = outputBlocks(8);
/** For kernels that multiply at many positions. */
const FOR_POSITIONS = outputBlocks(2);
/** Blocks of 8 among fewer outputs leave too little choice: classes that share a block share their inputs. */
const FEWEST_OUTPUTS = 32;
/** For kernels that multiply bytes. */
const FOR_BYTES = inputBlocks(4);

/**
 * The structure whose masks `compile` of `tfjs-pruning/runtime` runs fastest at a given sparsity, for each weight of a
 * model:
 *
 * - `outputBlocks(8)` for kernels of at least 32 outputs that multiply one vector: dense layers with a batch of 1, and
 *   recurrent kernels;
 * - `outputBlocks(2)` for kernels that multiply at many positions: convolutions, dense layers over steps or batches;
 * - `inputBlocks(4)` for both with `precision: 'int8'`, but in recurrent layers, which stay floats;
 * - single weights for such kernels of fewer outputs, as those of most classifiers, whose accuracy blocks of 8 would
 *   ruin, and for depthwise kernels and embeddings, where blocks give nothing.
 *
 * Blocks leave less choice than single weights: at equal sparsity they may cost accuracy.
 *
 * @param model the model that will be pruned, wrapped or not.
 * @throws TypeError or RangeError if the model or an option is wrong; RangeError, when pruning, for a weight that the
 *     model does not have.
 *
 * @example
 * new GradualPruning({sparsity: 0.9, structure: recommendStructure(model)});
 */
export function recommendStructure(model: Model, args: RecommendStructureArgs = {}): WeightStructure {
  const {batch, precision} = read('recommendStructure', args, OPTIONS);
  const chosen = structuresByName(expectModel('recommendStructure', model), batch, precision === 'int8');
  const of = ({name}: WeightLayout): WeightStructure => {
    const structure = chosen.get(name);
    if (structure) return structure;
    throw new RangeError(
      `recommendStructure was given model "${model.name}", which has no weight "${name}"; give it the model to prune`,
    );
  };
  return eachWeight({
    pool: (scores, layout, reduction) => of(layout).pool(scores, layout, reduction),
    spread: (kept, layout) => of(layout).spread(kept, layout),
  });
}

noteMakers(recommendStructure);

function structuresByName(model: Model, batch: number, isInt8: boolean): Map<string, WeightStructure> {
  const {positions} = kernelPositions(model);
  const rows = modelLayers(model).flatMap(({layer, within}) =>
    weightOwners(layer).flatMap(owner =>
      owner.weights.map(weight => {
        const {id, originalName} = weightIn(owner.layer, weight.field);
        const vectors = batch * positions.get(id)!;
        return [within + originalName, structureFor(owner, weight, vectors, isInt8)] as const;
      }),
    ),
  );
  return new Map(rows);
}

/** @param vectors how many vectors the weight multiplies in a run. */
function structureFor(
  {layer, weights}: WeightOwner,
  weight: PrunableWeight,
  vectors: number,
  isInt8: boolean,
): WeightStructure {
  if (!gainsByBlocks(layer, weight)) return SINGLE;
  if (isInt8 && !weights.some(isOfStates)) return FOR_BYTES;
  if (vectors !== 1 && !isOfStates(weight)) return FOR_POSITIONS;
  return outputsOf(layer, weight) < FEWEST_OUTPUTS ? SINGLE : FOR_VECTORS;
}

function outputsOf(layer: Layer, {field, outputAxes}: PrunableWeight): number {
  const {shape} = weightIn(layer, field);
  return outputAxes.reduce((product, axis) => product * shape.at(axis)!, 1);
}

function gainsByBlocks(layer: Layer, {inputAxes, outputAxes}: PrunableWeight): boolean {
  const isDepthwise = inputAxes.some(axis => outputAxes.includes(axis));
  return !isDepthwise && layer.getClassName() !== 'Embedding';
}

/** Whether a weight multiplies the state of each step, one vector. */
function isOfStates({field}: PrunableWeight): boolean {
  return field === 'recurrentKernel';
}
