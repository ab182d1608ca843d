import * as tf from '@tensorflow/tfjs-core';
import {expectOneOf, isPlainObject, received} from '../options/expect.js';
import type {WeightLayout} from '../structures/structure.js';
import {copyOf, RegularizerBase, survivesSaving, type Config, type Serialized} from '../tfjs-internals.js';
import {elasticNet, type ElasticNetArgs} from './elastic-net.js';
import {groupLasso} from './group-lasso.js';
import {hoyerSquare} from './hoyer-square.js';
import {l1} from './l1.js';
import {l2} from './l2.js';
import {structureNamed, type NamedStructure} from './named-structure.js';
import type {Penalty} from './penalty.js';
import {sparseGroupLasso, type SparseGroupLassoArgs} from './sparse-group-lasso.js';
import type {StrengthArgs} from './strength.js';

const PENALTIES = {l1, l2, elasticNet, groupLasso, sparseGroupLasso, hoyerSquare};

type PenaltyName = keyof typeof PENALTIES;

/** The penalties that tf.js has, as options of its `L1L2`. */
const IN_TFJS: {readonly [name in PenaltyName]?: (args: never) => ElasticNetArgs} = {
  l1: ({strength}: StrengthArgs) => ({l1: strength, l2: 0}),
  l2: ({strength}: StrengthArgs) => ({l1: 0, l2: strength}),
  elasticNet: (args: ElasticNetArgs) => args,
};

/** Options of the regularizers of groups. */
export interface GroupRegularizerArgs extends StrengthArgs {
  /** Which weights form a group, by name. Defaults to that of the penalty with the same name. */
  structure?: NamedStructure;
}

/** Options of `regularizers.sparseGroupLasso`. */
export type SparseGroupRegularizerArgs = GroupRegularizerArgs & Pick<SparseGroupLassoArgs, 'alpha'>;

/** The saved configuration of a regularizer. */
interface RegularizerConfig {
  penalty: PenaltyName;
  args: object;
}

/** A penalty as a regularizer of tf.js. */
class PenaltyRegularizer extends RegularizerBase {
  static className = 'TfjsPruningPenalty';
  readonly #config: RegularizerConfig;
  readonly #penalty: Penalty;
  readonly #layouts = new Map<string, WeightLayout>();

  constructor(config: RegularizerConfig) {
    super();
    this.#config = expectSerializable(config);
    this.#penalty = penaltyOf(config);
  }

  override apply(weight: tf.Tensor): tf.Scalar {
    return tf.tidy(() => this.#penalty(weight, this.#layoutOf(weight)));
  }

  override getConfig(): Config {
    return copyOf(this.#config) as unknown as Config;
  }

  static fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    {penalty, args}: Config,
  ): T {
    return new cls({penalty, args: withNamesOfToday(args as object)});
  }

  /** The regularizer of tf.js, if it has one; the others matter only in training. */
  static inPlainModel(config: Config): Serialized | null {
    const {penalty, args} = config as unknown as RegularizerConfig;
    const own = IN_TFJS[penalty]?.(args as never);
    return own ? {className: 'L1L2', config: {...own}} : null;
  }

  /** tf.js passes only the weight: its last axes count as inputs and outputs. The same object for the same shape. */
  #layoutOf({shape}: tf.Tensor): WeightLayout {
    const key = shape.join();
    const inputs = shape.length > 1 ? [shape.length - 2] : [];
    const layout = this.#layouts.get(key) ?? {
      name: 'weight',
      shape,
      inputAxes: inputs,
      outputAxes: [shape.length - 1],
      gates: 1,
    };
    this.#layouts.set(key, layout);
    return layout;
  }
}

tf.serialization.registerClass(PenaltyRegularizer);

/** A regularizer for the options of layers. */
export type Regularizer = InstanceType<typeof RegularizerBase>;

/**
 * The penalties as regularizers, for `kernelRegularizer` and similar options of any layer, saved with the model.
 * Structures are given by name, so that they can be saved.
 *
 * A regularizer sees only the weight: its last axis counts as outputs, and the one before as inputs. So `filters` and
 * `channels` are right for Dense, Conv1D to Conv3D and pointwise kernels, and swapped for transposed convolutions. For
 * depthwise and recurrent kernels use {@link addPenalty}, which knows their axes. For a wrapped layer a regularizer
 * sees the kernel without its mask. A model with such a regularizer needs this library to load. `stripPruning`, and
 * `shrink` of a model without wrappers, return a model that loads anywhere: l1, l2 and elastic net become `L1L2` of
 * tf.js, and the others are removed.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong, or can't be saved in a file.
 *
 * @example
 * tf.layers.conv2d({filters: 8, kernelSize: 3, kernelRegularizer: regularizers.groupLasso({strength: 1e-4})});
 */
export const regularizers = {
  /** {@link l1}. */
  l1: (args: StrengthArgs): Regularizer => new PenaltyRegularizer({penalty: 'l1', args}),
  /** {@link l2}. */
  l2: (args: StrengthArgs): Regularizer => new PenaltyRegularizer({penalty: 'l2', args}),
  /** {@link elasticNet}. */
  elasticNet: (args: ElasticNetArgs): Regularizer => new PenaltyRegularizer({penalty: 'elasticNet', args}),
  /** {@link groupLasso}. */
  groupLasso: (args: GroupRegularizerArgs): Regularizer => new PenaltyRegularizer({penalty: 'groupLasso', args}),
  /** {@link sparseGroupLasso}. */
  sparseGroupLasso: (args: SparseGroupRegularizerArgs): Regularizer =>
    new PenaltyRegularizer({penalty: 'sparseGroupLasso', args}),
  /** {@link hoyerSquare}. */
  hoyerSquare: (args: GroupRegularizerArgs): Regularizer => new PenaltyRegularizer({penalty: 'hoyerSquare', args}),
};

/** Older files say 'average' for what `blocks` calls 'mean'. */
function withNamesOfToday(saved: object): object {
  const today = (key: string, value: unknown) => (key === 'pooling' && value === 'average' ? 'mean' : value);
  return JSON.parse(JSON.stringify(saved), today) as object;
}

function penaltyOf({penalty, args}: RegularizerConfig): Penalty {
  const {structure, ...others} = args as {structure?: NamedStructure};
  const make = PENALTIES[expectOneOf('penalty', penalty, Object.keys(PENALTIES) as PenaltyName[])] as (
    args: object,
  ) => Penalty;
  return make(structure === undefined ? others : {...others, structure: structureNamed(structure)});
}

/** Expects options that JSON can hold: no functions, and no Infinity. */
function expectSerializable({penalty, args}: RegularizerConfig): RegularizerConfig {
  if (!isPlainObject(args)) throw new TypeError(`regularizers.${penalty} expects an object, got ${received(args)}`);
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  const lost = given.find(([, value]) => !survivesSaving(value));
  if (!lost) return {penalty, args: copyOf(Object.fromEntries(given))};
  throw new TypeError(
    `regularizers.${penalty} expects options that can be saved: finite numbers, and a structure by its name, as in ` +
      `{name: 'filters'}; got ${received(lost[1])} as \`${lost[0]}\``,
  );
}
