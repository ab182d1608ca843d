import * as tf from '@tensorflow/tfjs-core';
import {copyOf, RegularizerBase, type Config, type Serialized} from '../tfjs-internals.js';
import type {ElasticNetArgs} from './elastic-net.js';
import type {StrengthArgs} from './strength.js';

/** The saved configuration of a regularizer. */
export interface RegularizerConfig {
  readonly penalty: string;
  readonly args: object;
}

/** The penalties that tf.js has, as options of its `L1L2`. */
const IN_TFJS: Readonly<Record<string, ((args: never) => ElasticNetArgs) | undefined>> = {
  l1: ({strength}: StrengthArgs) => ({l1: strength, l2: 0}),
  l2: ({strength}: StrengthArgs) => ({l1: 0, l2: strength}),
  elasticNet: (args: ElasticNetArgs) => args,
};

/** A term of the loss, from the weight alone. */
export type WeightPenalty = (weight: tf.Tensor) => tf.Scalar;

let penaltyOf: ((config: RegularizerConfig) => WeightPenalty) | undefined;

/** Gives saved regularizers their penalties: a page that only prunes loads neither. */
export function definePenalties(make: (config: RegularizerConfig) => WeightPenalty): void {
  penaltyOf = make;
}

/** A penalty as a regularizer of tf.js. Models that were saved with one load wherever this file is loaded. */
export class PenaltyRegularizer extends RegularizerBase {
  static className = 'TfjsPruningPenalty';
  readonly #config: RegularizerConfig;
  #penalty: WeightPenalty | undefined;

  constructor(config: RegularizerConfig) {
    super();
    this.#config = copyOf(config);
    this.#penalty = penaltyOf?.(config);
  }

  override apply(weight: tf.Tensor): tf.Scalar {
    const penalty = (this.#penalty ??= penaltyOf?.(this.#config));
    if (penalty) return tf.tidy(() => penalty(weight));
    throw new Error(
      `The model has a regularizer of tfjs-pruning, "${this.#config.penalty}", that this bundle does not hold; to ` +
        "train the model, use `regularizers` of 'tfjs-pruning' in it",
    );
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
}

tf.serialization.registerClass(PenaltyRegularizer);

/** Older files say 'average' for what `blocks` calls 'mean'. */
function withNamesOfToday(saved: object): object {
  const today = (key: string, value: unknown) => (key === 'pooling' && value === 'average' ? 'mean' : value);
  return JSON.parse(JSON.stringify(saved), today) as object;
}
