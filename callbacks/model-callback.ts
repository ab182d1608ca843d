import * as tfl from '@tensorflow/tfjs-layers';
// Registers the wrapper classes, so that a saved model loads where nothing but a callback is imported.
import '../src/layers/kinds.js';
import {expectModel, secondCopy} from '../src/layers/model-layers.js';

/** What tf.js hands to the hooks: numbers, and scalars that belong to it. */
export type Logs = NonNullable<Parameters<tfl.Callback['onEpochEnd']>[1]>;

/** The hooks that tf.js calls. */
export const HOOKS = [
  'onTrainBegin',
  'onTrainEnd',
  'onEpochBegin',
  'onEpochEnd',
  'onBatchBegin',
  'onBatchEnd',
] as const;

/** A callback that needs its model, and says in plain words why it has none. */
export abstract class ModelCallback extends tfl.Callback {
  constructor() {
    super();
    // In a list that begins with a plain object tf.js takes the hooks off their object: bound, they can say what is wrong.
    for (const hook of HOOKS) Object.assign(this, {[hook]: (this[hook] as () => Promise<void>).bind(this)});
  }

  override setModel(model: tfl.LayersModel): void {
    if (!(model instanceof tfl.LayersModel)) throw secondCopy(this.constructor.name);
    super.setModel(model);
  }

  /** Whether it works on the optimizer that trains the model, besides the model: `startTraining` must be given it then. */
  get needsOptimizer(): boolean {
    return false;
  }

  /** The model that is being trained: for a Sequential, the LayersModel inside it. */
  protected get trainedModel(): tfl.LayersModel {
    const model = this.model as tfl.LayersModel | null;
    if (model !== null) return expectModel(this.constructor.name, model);
    throw new TypeError(
      `fit gave no model to ${this.constructor.name}. In a list of callbacks the first one decides how tf.js takes them: ` +
        'wrap plain objects as new tf.CustomCallback({...}). If there are none, two copies of @tensorflow/tfjs-layers are ' +
        'installed: see `npm ls @tensorflow/tfjs-layers`',
    );
  }
}
