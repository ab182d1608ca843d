import * as tf from '@tensorflow/tfjs-core';
import {rebuild} from '../layers/rebuild.js';
import {assign, serialized, type Layer, type LayerVariable, type Model, type Serialized} from '../tfjs-internals.js';
import {ChannelCut} from './channel-cut.js';
import type {ChannelPlan} from './channel-plan.js';
import {sweepChannels} from './channel-sweep.js';
import {plannedUnits} from './planned-units.js';
import {expectBuilt, unitsOfChannels, traceOf} from './trace-channels.js';

export function shrink<M extends Model>(model: M, plan?: Pick<ChannelPlan, 'remove'>): M {
  const sweep = sweepChannels(expectBuilt('shrink', model));
  const trace = traceOf(sweep);
  const removed = plan ? plannedUnits(trace, plan) : new Set<number>();
  const {unitOf} = unitsOfChannels(sweep);
  const cut = new ChannelCut(model, sweep, channel => removed.has(unitOf[channel]!));
  return rebuild(
    model,
    layer => resized(layer, cut),
    (from, to) => copyCut(from, to, cut),
  );
}

function resized(layer: Layer, cut: ChannelCut): Serialized {
  const written = serialized(layer);
  cut.resize(layer, written.config);
  return written;
}

function copyCut(from: LayerVariable, to: LayerVariable, cut: ChannelCut): void {
  tf.tidy(() => assign(to, cut.of(from, from.read())));
  to.trainable = from.trainable;
}
