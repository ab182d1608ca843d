import type {Constants} from '../../layers/cards/constants.js';
import type {KernelView} from '../../layers/cards/kernel-view.js';
import type {Layer, LayerVariable} from '../../tfjs-internals.js';

/** What a kernel takes in, over all uses of its layer. */
export interface Intake {
  readonly layer: Layer;
  /** The layer's field that holds the kernel. */
  readonly field: string;
  readonly kernel: LayerVariable;
  /** The axis of the kernel that its outputs run along. */
  readonly outputAxis: number;
  readonly view: KernelView;
  /** The value of each input channel. */
  readonly values: Constants;
  /** Whether moving a constant into the bias changes no output: nothing is padded around it. */
  readonly absorbs: boolean;
}
