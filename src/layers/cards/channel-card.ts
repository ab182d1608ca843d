import type {Layer} from '../../tfjs-internals.js';
import type {ConstantRule} from './constants.js';
import type {ChannelRule, TracedTensor} from './layer-use.js';

/** A use of a layer that has lost some of its inputs. */
export interface LostInputs {
  readonly layer: Layer;
  readonly inputs: readonly TracedTensor[];
  readonly output: TracedTensor;
  /** The indices of the lost inputs. */
  readonly gone: readonly number[];
  /** Whether all channels of a tensor are removed. */
  readonly isEmpty: (tensor: TracedTensor) => boolean;
}

/** What surgery must know of a kind of layer. All fields are optional. */
export interface ChannelCard {
  /** Follows channels through the layer. Without a rule, channels that go through the layer are kept. */
  readonly channelRule?: ChannelRule;
  /** Whether a user declared the rule: then what it returns is checked. */
  readonly isDeclared?: boolean;
  /** What the layer computes from constant channels; nothing is known without it. */
  readonly constants?: ConstantRule;
  /** Whether the layer computes the same without its lost inputs. Without this function, it needs all of them. */
  readonly canDrop?: (lost: LostInputs) => boolean;
  /** Whether it masks time steps. */
  readonly masksSteps?: boolean;
}

/** The channel cards of a family of layers, by class name. */
export type ChannelCards = Readonly<Record<string, ChannelCard>>;
