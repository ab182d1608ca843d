import {expectOneOf, isPlainObject, received} from '../options/expect.js';
import {survivesSaving, type RegularizerBase} from '../tfjs-internals.js';
import {elasticNet, type ElasticNetArgs} from './elastic-net.js';
import {groupLasso} from './group-lasso.js';
import {hoyerSquare} from './hoyer-square.js';
import {l1} from './l1.js';
import {l2} from './l2.js';
import {structureNamed, type NamedStructure} from './named-structure.js';
import {ofWeightAlone} from './of-weight-alone.js';
import type {Penalty} from './penalty.js';
import {definePenalties, PenaltyRegularizer, type RegularizerConfig} from './saved-regularizer.js';
import {sparseGroupLasso, type SparseGroupLassoArgs} from './sparse-group-lasso.js';
import type {StrengthArgs} from './strength.js';

const PENALTIES = {l1, l2, elasticNet, groupLasso, sparseGroupLasso, hoyerSquare};

type PenaltyName = keyof typeof PENALTIES;

/** Options of the regularizers of groups. */
export interface GroupRegularizerArgs extends StrengthArgs {
  /** Which weights form a group, by name. Defaults to that of the penalty with the same name. */
  structure?: NamedStructure;
}

/** Options of `regularizers.sparseGroupLasso`. */
export type SparseGroupRegularizerArgs = GroupRegularizerArgs & Pick<SparseGroupLassoArgs, 'alpha'>;

definePenalties(config => ofWeightAlone(penaltyOf(config)));

/** A regularizer for the options of layers. */
export type Regularizer = InstanceType<typeof RegularizerBase>;

/**
 * The penalties as regularizers, for `kernelRegularizer` and similar options of any layer, saved with the model.
 * Structures are given by name, so that they can be saved.
 *
 * A regularizer sees only the weight: its last axis counts as outputs, and the one before as inputs. So `filters` and
 * `channels` are right for Dense, Conv1D to Conv3D and pointwise kernels, and swapped for transposed convolutions. For
 * depthwise and recurrent kernels use {@link addPenalty}, which knows their axes. For a wrapped layer a regularizer
 * sees the kernel without its mask. A model with such a regularizer needs this library to load, and to train a bundle
 * that uses `regularizers`. `stripPruning`, and `shrink` of a model without wrappers, return a model that loads
 * anywhere: l1, l2 and elastic net become `L1L2` of tf.js, and the others are removed.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong, or can't be saved in a file.
 *
 * @example
 * tf.layers.conv2d({filters: 8, kernelSize: 3, kernelRegularizer: regularizers.groupLasso({strength: 1e-4})});
 */
export const regularizers = {
  /** {@link l1}. */
  l1: (args: StrengthArgs): Regularizer => regularizer({penalty: 'l1', args}),
  /** {@link l2}. */
  l2: (args: StrengthArgs): Regularizer => regularizer({penalty: 'l2', args}),
  /** {@link elasticNet}. */
  elasticNet: (args: ElasticNetArgs): Regularizer => regularizer({penalty: 'elasticNet', args}),
  /** {@link groupLasso}. */
  groupLasso: (args: GroupRegularizerArgs): Regularizer => regularizer({penalty: 'groupLasso', args}),
  /** {@link sparseGroupLasso}. */
  sparseGroupLasso: (args: SparseGroupRegularizerArgs): Regularizer => regularizer({penalty: 'sparseGroupLasso', args}),
  /** {@link hoyerSquare}. */
  hoyerSquare: (args: GroupRegularizerArgs): Regularizer => regularizer({penalty: 'hoyerSquare', args}),
};

function regularizer(config: RegularizerConfig): Regularizer {
  const saved = expectSerializable(config);
  penaltyOf(config); // which refuses what `saved` does not hold, such as an option under a symbol
  return new PenaltyRegularizer(saved);
}

function penaltyOf({penalty, args}: RegularizerConfig): Penalty {
  const {structure, ...others} = args as {structure?: NamedStructure};
  const make = PENALTIES[expectOneOf('penalty', penalty as PenaltyName, Object.keys(PENALTIES) as PenaltyName[])] as (
    args: object,
  ) => Penalty;
  return make(structure === undefined ? others : {...others, structure: structureNamed(structure)});
}

/** Expects options that JSON can hold: no functions, and no Infinity. */
function expectSerializable({penalty, args}: RegularizerConfig): RegularizerConfig {
  if (!isPlainObject(args)) throw new TypeError(`regularizers.${penalty} expects an object, got ${received(args)}`);
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  const lost = given.find(([, value]) => !survivesSaving(value));
  if (!lost) return {penalty, args: Object.fromEntries(given)};
  throw new TypeError(
    `regularizers.${penalty} expects options that can be saved: finite numbers, and a structure by its name, as in ` +
      `{name: 'filters'}; got ${received(lost[1])} as \`${lost[0]}\``,
  );
}
