import {isModel, type Config, type Model} from '../tfjs-internals.js';

/** Where an input of a layer comes from: the layer, which of its uses, and which of its outputs. */
type Origin = [name: string, use: number, ...more: unknown[]];

/** A layer in the configuration of a model: the inputs of each of its uses. */
interface LayerEntry {
  readonly name: string;
  readonly inboundNodes: Origin[][];
}

/**
 * Renumbers the uses of layers in the configuration of a functional model in the order in which tf.js will recreate
 * them: each as soon as its inputs exist. Otherwise tf.js would swap the outputs of a layer that was used on a deep
 * tensor first and on a shallow one later.
 */
export function renumberUses(model: Model, config: Config): void {
  const entries = config['layers'] as unknown as LayerEntry[];
  const order = orderOfUses(entries, new Set(model.layers.filter(isModel).map(({name}) => name)));
  const outputs = config['outputLayers'] as unknown as Origin[];
  for (const origin of [...entries.flatMap(({inboundNodes}) => inboundNodes.flat()), ...outputs]) {
    origin[1] = order.get(origin[0])!.indexOf(origin[1]);
  }
}

/** The numbers of each layer's uses in the configuration, in the order in which tf.js makes them. */
function orderOfUses(entries: readonly LayerEntry[], nested: ReadonlySet<string>): Map<string, number[]> {
  // Inputs exist from the beginning, and so does the use of a nested model on its own inputs.
  const isThere = ({name, inboundNodes}: LayerEntry) => nested.has(name) || inboundNodes.length === 0;
  const made = new Map(entries.map(entry => [entry.name, isThere(entry) ? [0] : []]));
  const isMade = ([name, use]: Origin) => made.get(name)?.includes(use) ?? false;
  let pending = entries.flatMap(({name, inboundNodes}) => {
    return inboundNodes.map((origins, i) => ({name, origins, use: nested.has(name) ? i + 1 : i}));
  });
  while (pending.length > 0) {
    const waiting = pending.filter(({name, origins, use}) => {
      const isReady = origins.every(isMade);
      if (isReady) made.get(name)!.push(use);
      return !isReady;
    });
    // tf.js would loop forever.
    if (waiting.length === pending.length) {
      throw new Error(
        `Expected a model that can be built, but nothing makes an input of its layer "${waiting[0]!.name}"`,
      );
    }
    pending = waiting;
  }
  return made;
}
