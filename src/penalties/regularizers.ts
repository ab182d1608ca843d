import * as tf from '@tensorflow/tfjs-core';
import cloneDeep from 'lodash/cloneDeep.js';
import isEqual from 'lodash/isEqual.js';
import isUndefined from 'lodash/isUndefined.js';
import omitBy from 'lodash/omitBy.js';
import {expectOneOf, isPlainObject, received} from '../options/expect.js';
import type {WeightLayout} from '../structures/structure.js';
import {RegularizerBase, type Config, type Serialized} from '../tfjs-internals.js';
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

/** The penalties that tf.js has itself, as the options of its `L1L2`. */
const IN_TFJS: {readonly [name in PenaltyName]?: (args: never) => ElasticNetArgs} = {
  l1: ({strength}: StrengthArgs) => ({l1: strength, l2: 0}),
  l2: ({strength}: StrengthArgs) => ({l1: 0, l2: strength}),
  elasticNet: (args: ElasticNetArgs) => args,
};

/** Options of the regularizers of groups. */
export interface GroupRegularizerArgs extends StrengthArgs {
  /** Which weights go together, by name. Defaults to that of the penalty of the same name. */
  structure?: NamedStructure;
}

/** Options of `regularizers.sparseGroupLasso`. */
export type SparseGroupRegularizerArgs = GroupRegularizerArgs & Pick<SparseGroupLassoArgs, 'alpha'>;

/** What a regularizer is made of, and what is saved of it. */
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
    return cloneDeep(this.#config) as unknown as Config;
  }

  static fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    {penalty, args}: Config,
  ): T {
    return new cls({penalty, args});
  }

  /** tf.js' own regularizer, where it has that one; the others do nothing but in training. */
  static inPlainModel(config: Config): Serialized | null {
    const {penalty, args} = config as unknown as RegularizerConfig;
    const own = IN_TFJS[penalty]?.(args as never);
    return own ? {className: 'L1L2', config: {...own}} : null;
  }

  /**
   * tf.js hands over the bare weight: its last axes are taken for inputs and outputs. The same object for the same
   * shape.
   */
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

/** A regularizer, as layers take it. */
export type Regularizer = InstanceType<typeof RegularizerBase>;

/**
 * The penalties as regularizers: for `kernelRegularizer` and the like of any layer, saved and loaded with the model
 * wherever this library is imported. Structures are given by name, so that they can be saved, too.
 *
 * A regularizer sees a bare weight, whose last axis it takes for the outputs, and the one before for the inputs. So
 * `filters` and `channels` are right for Dense and Conv1D to Conv3D and pointwise kernels; of transposed convolutions
 * they are each other, and depthwise and recurrent kernels want {@link addPenalty}, which knows them. Of a wrapped
 * layer it sees the kernel itself, not what the mask leaves of it. A model with one of these loads only where this
 * library is imported; `stripPruning`, and `shrink` of a model without wrappers, give one that loads anywhere: l1, l2
 * and elastic net become tf.js' own `L1L2`, and the others go.
 *
 * @throws TypeError or RangeError where an option is unknown or wrong, or would not survive in a file.
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

function penaltyOf({penalty, args}: RegularizerConfig): Penalty {
  const {structure, ...others} = args as {structure?: NamedStructure};
  const make = PENALTIES[expectOneOf('penalty', penalty, Object.keys(PENALTIES) as PenaltyName[])] as (
    args: object,
  ) => Penalty;
  return make(structure === undefined ? others : {...others, structure: structureNamed(structure)});
}

/** Files hold JSON: no functions, and no Infinity. */
function expectSerializable({penalty, args}: RegularizerConfig): RegularizerConfig {
  if (!isPlainObject(args)) throw new TypeError(`regularizers.${penalty} expects an object, got ${received(args)}`);
  const given = omitBy(args, isUndefined);
  for (const [name, value] of Object.entries(given)) {
    if (survives(value)) continue;
    throw new TypeError(
      `regularizers.${penalty} expects options that can be saved: finite numbers, and a structure by its name, as in ` +
        `{name: 'filters'}; got ${received(value)} as \`${name}\``,
    );
  }
  return {penalty, args: cloneDeep(given)};
}

/** Whether a value is after a round trip through JSON what it was. */
function survives(value: unknown): boolean {
  try {
    return isEqual(JSON.parse(JSON.stringify(value)), value);
  } catch {
    return false; // a bigint, what holds itself, or what leaves nothing at all
  }
}
