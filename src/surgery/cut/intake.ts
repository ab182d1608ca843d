import type {KernelIntake} from '../../layers/cards/constants.js';
import type {KernelView} from '../../layers/cards/kernel-view.js';
import type {LayerVariable} from '../../tfjs-internals.js';

/** What a kernel takes in, over all uses of its layer. */
export interface Intake extends Required<KernelIntake> {
  readonly kernel: LayerVariable;
  /** The axis of the kernel that its outputs run along. */
  readonly outputAxis: number;
  readonly view: KernelView;
}
