import type {PrunableWeight} from '../layers/cards/layer-card.js';
import {expectModel, modelLayers} from '../layers/model-layers.js';
import {weightIn, weightOwners} from '../layers/prunable-weights.js';
import {integer} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {eachWeight, type WeightStructure} from '../structures/each-weight.js';
import {outputBlocks} from '../structures/output-blocks.js';
import type {WeightLayout} from '../structures/structure.js';
import {weights} from '../structures/weights.js';
import type {Layer, Model} from '../tfjs-internals.js';
import {kernelPositions} from './kernel-positions.js';

const OPTIONS = {
  /** How many examples the pruned model will run at once. Defaults to 1. */
  batch: integer({min: 1}, 1),
};

/** Options of {@link recommendStructure}. */
export type RecommendStructureArgs = Args<typeof OPTIONS>;

const SINGLE = weights();
/** For kernels that multiply one vector. */
const FOR_VECTORS = outputBlocks(8);
/** For kernels that multiply at many positions. */
const FOR_POSITIONS = outputBlocks(2);

/**
 * The structure whose masks `compile` of `tfjs-pruning/runtime` runs fastest at a given sparsity, for each weight of a
 * model:
 *
 * - `outputBlocks(8)` for kernels that multiply one vector: dense layers with a batch of 1, and recurrent kernels;
 * - `outputBlocks(2)` for kernels that multiply at many positions: convolutions, dense layers over steps or batches;
 * - single weights for depthwise kernels and embeddings, where blocks give nothing.
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
  const {batch} = read('recommendStructure', args, OPTIONS);
  const chosen = structuresByName(expectModel('recommendStructure', model), batch);
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

function structuresByName(model: Model, batch: number): Map<string, WeightStructure> {
  const {positions} = kernelPositions(model);
  const rows = modelLayers(model).flatMap(({layer, within}) =>
    weightOwners(layer).flatMap(owner =>
      owner.weights.map(weight => {
        const {id, originalName} = weightIn(owner.layer, weight.field);
        return [within + originalName, structureFor(owner.layer, weight, batch * positions.get(id)!)] as const;
      }),
    ),
  );
  return new Map(rows);
}

/** @param vectors how many vectors the kernel multiplies in a run. */
function structureFor(layer: Layer, weight: PrunableWeight, vectors: number): WeightStructure {
  const {field, inputAxes, outputAxes} = weight;
  const isDepthwise = inputAxes.some(axis => outputAxes.includes(axis));
  if (isDepthwise || layer.getClassName() === 'Embedding') return SINGLE;
  return vectors === 1 || field === 'recurrentKernel' ? FOR_VECTORS : FOR_POSITIONS;
}
