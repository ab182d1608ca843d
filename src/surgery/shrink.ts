import * as tf from '@tensorflow/tfjs-core';
import {rebuild} from '../layers/rebuild.js';
import {assign, serialized, type Layer, type LayerVariable, type Model, type Serialized} from '../tfjs-internals.js';
import {ChannelCut} from './channel-cut.js';
import type {ChannelPlan} from './channel-plan.js';
import {sweepChannels, type ChannelSweep} from './channel-sweep.js';
import {constantIntakes} from './constant-channels.js';
import {foldBiases, foldedBiases, withoutBias, type FoldedBias} from './folded-biases.js';
import {plannedUnits} from './planned-units.js';
import {removableUnits, withoutLostConstants} from './removable-units.js';
import {expectBuilt, traceOf, unitsOfChannels} from './trace-channels.js';

/**
 * A smaller model without the channels that are pruned: their filters, their entries in normalisations, and the slices of
 * all kernels that took them in are gone. The model is of the same kind with the same names, in variables of its own.
 *
 * Without a plan it is what masks, or weights that are zero, leave without work: outputs are the same. With a plan of
 * {@link planChannelPruning} it is what the plan leaves, and the outputs are those of a model that takes nothing in from
 * what is removed. A removed channel that holds a constant other than zero (a bias, the shift of a batch normalisation)
 * is moved into the biases behind it where that is exact, and stays where it is not: in front of a convolution that pads with
 * zeros.
 *
 * Wrapped layers stay wrapped, with what is left of their masks; `stripPruning` takes the wrappers away. Of a model that is
 * compiled the smaller one is, too: with the same loss and metrics, and an optimizer of its own that remembers what the
 * other one does of the weights that are left. The given model is not changed; dispose it when you are done with it.
 *
 * @throws TypeError or RangeError where `model` is none, a layer's class is not registered, or the plan does not fit the model; Error where
 *     the model was disposed.
 *
 * @example
 * const plan = await planChannelPruning(model, {multiplyAdds: 0.5});
 * const small = shrink(model, plan);
 * await small.fit(x, y); // fine-tunes
 * await stripPruning(small).save('file://./small');
 */
export function shrink<M extends Model>(model: M, plan?: Pick<ChannelPlan, 'remove'>): M {
  const sweep = sweepChannels(expectBuilt('shrink', model));
  const trace = traceOf(sweep);
  const planned = plan && plannedUnits(trace, plan);
  const intakes = constantIntakes(sweep);
  const removed = planned ? withoutLostConstants(trace, intakes, planned) : removableUnits(trace, intakes);
  return cutOut(model, sweep, removed, foldedBiases(trace, intakes, removed));
}

function cutOut<M extends Model>(
  model: M,
  sweep: ChannelSweep,
  removed: ReadonlySet<number>,
  folded: readonly FoldedBias[],
): M {
  const {unitOf} = unitsOfChannels(sweep);
  const cut = new ChannelCut(model, sweep, channel => removed.has(unitOf[channel]!), withoutBias(folded));
  const twins = new Map<number, LayerVariable>();
  const copy = rebuild(
    model,
    layer => resized(layer, cut),
    (from, to) => {
      twins.set(from.id, to);
      tf.tidy(() => assign(to, cut.of(from, from.read())));
      to.trainable = from.trainable;
    },
  );
  foldBiases(copy, folded, cut, twins);
  return copy;
}

function resized(layer: Layer, cut: ChannelCut): Serialized {
  const written = serialized(layer);
  cut.resize(layer, written.config);
  return written;
}
