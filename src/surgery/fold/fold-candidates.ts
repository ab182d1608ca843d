import {fromStart} from '../../math/from-start.js';
import {isLinear} from '../../layers/cards/activations.js';
import {cardOf} from '../../layers/cards/card-of.js';
import {isChannelsFirst} from '../../layers/cards/channel-axis.js';
import {linearCardOf} from '../../layers/cards/linear-card-of.js';
import {isPrunableLayer} from '../../layers/prunable-layer.js';
import {fieldsOf, isModel, type Layer, type Model} from '../../tfjs-internals.js';
import {modelCalls, type LayerCall} from '../../units/trace/model-calls.js';
import {addsEverywhere, baseOf, normalizationOf} from './normalization.js';

/** A batch normalization, and the layer that it can become a part of. */
export interface FoldCandidate {
  readonly layer: Layer;
  /** The names of the models that hold it. */
  readonly within: string;
  /** The layer before or behind it; undefined if it stays. */
  readonly into: Layer | undefined;
  /** Whether `into` is the layer before it. */
  readonly isBehind: boolean;
  /** Why it stays; empty if it does not. */
  readonly reason: string;
}

/** The batch normalizations of a model and of those nested in it. */
export function foldCandidates(model: Model, within = ''): FoldCandidate[] {
  const calls = modelCalls(model);
  return model.layers.flatMap(layer => {
    if (isModel(layer)) return foldCandidates(layer, `${within}${layer.name}/`);
    return cardOf(layer).isBatchNorm ? [{layer, within, ...placeOf(layer, model, calls)}] : [];
  });
}

function placeOf(
  norm: Layer,
  model: Model,
  calls: readonly LayerCall[],
): Pick<FoldCandidate, 'into' | 'isBehind' | 'reason'> {
  const why = whyNeither(norm, calls);
  if (why !== '') return {into: undefined, isBehind: false, reason: why};
  const {inputs, outputs} = calls.find(call => call.layer === norm)!;
  const before = makerOf(inputs[0]!.id, model, calls);
  const behind = takerOf(outputs[0]!.id, model, calls);
  if (typeof before !== 'string') return {into: before, isBehind: true, reason: ''};
  const isExact = typeof behind !== 'string' && addsEverywhere(behind, normalizationOf(norm));
  if (typeof behind !== 'string' && isExact) return {into: behind, isBehind: false, reason: ''};
  const after = typeof behind === 'string' ? behind : `"${behind.name}" behind it pads its input with zeros`;
  return {into: undefined, isBehind: false, reason: `${before}, and ${after}`};
}

function whyNeither(norm: Layer, calls: readonly LayerCall[]): string {
  const uses = calls.filter(({layer}) => layer === norm);
  if (uses.length !== 1) return uses.length === 0 ? 'no output depends on it' : 'it is used several times';
  const rank = uses[0]!.inputs[0]!.shape.length;
  const axis = fromStart(fieldsOf(norm)['axis'] as number, rank);
  return axis === rank - 1 ? '' : 'it normalizes another axis than the last';
}

/** The layer whose output a batch normalization alone takes, or why it can't be folded into that. */
function makerOf(tensor: number, model: Model, calls: readonly LayerCall[]): Layer | string {
  const maker = calls.find(({outputs}) => outputs.some(({id}) => id === tensor))?.layer;
  if (!maker) return 'it takes an input of the model';
  const named = `"${maker.name}" before it`;
  // tf.js has no call of a model that a Sequential begins with: its last layer seems to be right before
  if (!model.layers.includes(maker)) return `${named} is part of a nested model`;
  if (!isFoldable(maker)) return `${named} (${maker.getClassName()}) has no kernel to fold it into`;
  if (!isLinear(baseOf(maker))) return `${named} has an activation`;
  if (takers(tensor, model, calls).length > 1) return `others take the output of ${named}, too`;
  return whyNotAlone(maker, calls, named) ?? maker;
}

/** The layer that alone takes the output of a batch normalization, or why it can't be folded into that. */
function takerOf(tensor: number, model: Model, calls: readonly LayerCall[]): Layer | string {
  const [taker, ...others] = takers(tensor, model, calls);
  if (taker === 'output') return 'it makes an output of the model';
  if (!taker || others.length > 0) return 'several layers take its output';
  const named = `"${taker.name}" behind it`;
  if (!isFoldable(taker)) return `${named} (${taker.getClassName()}) has no kernel to fold it into`;
  return whyNotAlone(taker, calls, named) ?? taker;
}

function whyNotAlone(layer: Layer, calls: readonly LayerCall[], named: string): string | undefined {
  if (calls.filter(call => call.layer === layer).length > 1) return `${named} is used several times`;
  if (isChannelsFirst(baseOf(layer))) return `${named} has its channels first`;
  const isParametrized = isPrunableLayer(layer) && layer.maskedWeights.some(weight => weight.isParametrized);
  return isParametrized ? `${named} has weights with parametrizations` : undefined;
}

/** Who takes a tensor; each use counts. */
function takers(tensor: number, {outputs}: Model, calls: readonly LayerCall[]): (Layer | 'output')[] {
  const layers = calls.flatMap(({layer, inputs}) => inputs.filter(({id}) => id === tensor).map(() => layer));
  return [...outputs.filter(({id}) => id === tensor).map(() => 'output' as const), ...layers];
}

/** Whether a layer multiplies what it takes by a kernel, and adds nothing but a bias. */
function isFoldable(layer: Layer): boolean {
  return linearCardOf(baseOf(layer)).linearSteps !== undefined;
}
