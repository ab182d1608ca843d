import type {Layer} from '../../tfjs-internals.js';
import type {ConstantRule} from './constants.js';
import type {ChannelRule, TracedTensor} from './layer-use.js';

/** One use of a layer of which some inputs are gone. */
export interface LostInputs {
  readonly layer: Layer;
  readonly inputs: readonly TracedTensor[];
  readonly output: TracedTensor;
  /** The places of those that are gone. */
  readonly gone: readonly number[];
  /** Whether all channels of a tensor are removed. */
  readonly isEmpty: (tensor: TracedTensor) => boolean;
}

/** What surgery must know of a kind of layer. All fields are optional. */
export interface ChannelCard {
  /** Follows channels through the layer. Without a rule, channels that go through the layer are kept. */
  readonly channelRule?: ChannelRule;
  /** Whether users declared the rule, so that what it says is checked. */
  readonly isDeclared?: boolean;
  /** What the layer computes from constant channels; nothing is known without it. */
  readonly constants?: ConstantRule;
  /** Whether the layer computes the same without the inputs that are gone. Without it, it needs all its inputs. */
  readonly canDrop?: (lost: LostInputs) => boolean;
  /** Whether it masks time steps. */
  readonly masksSteps?: boolean;
}

/** The channel cards of a family of layers, by class name. */
export type ChannelCards = Readonly<Record<string, ChannelCard>>;
