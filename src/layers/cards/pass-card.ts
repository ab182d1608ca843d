import type {Shape} from '@tensorflow/tfjs-layers';
import type {Layer} from '../../tfjs-internals.js';

/** What is known of a pass through a kind of layer. All fields are optional. */
export interface PassCard {
  /** How often each prunable weight multiplies for one example: once per output pixel in a convolution. Default: 1. */
  readonly positions?: ((layer: Layer, inputShape: Shape) => number) | undefined;
  /** Whether the layers inside see one time step (axis 1) at a time. */
  readonly overTime?: boolean;
  /** Whether it is an input of a model and computes nothing. */
  readonly isInput?: boolean;
  /** The private fields with the rates or deviations of its noise; the layer is noisy if one is above zero. */
  readonly noise?: readonly string[];
  /** Whether its noise makes something else of a 0 in training. */
  readonly movesZeros?: boolean;
  /** The private field with the function that it applies in place of an activation. */
  readonly softmaxField?: string;
  /** Whether `predict` returns its input as it is, or as another shape of the same memory. */
  readonly returnsInput?: (layer: Layer) => boolean;
}

/** The pass cards of a family of layers, by class name. */
export type PassCards = Readonly<Record<string, PassCard>>;
