import {layersWithin} from '../../layers/inner-layers.js';
import type {Model} from '../../tfjs-internals.js';
import {sweepChannels, type ChannelSweep} from '../../units/trace/channel-sweep.js';
import type {ChannelTrace} from '../../units/trace/channel-trace.js';
import {traceOf, unitsOfChannels} from '../../units/trace/trace-channels.js';
import {constantChannels, type ConstantChannels} from './constant-channels.js';

/** What is known of a model before anything is removed. */
export interface Survey {
  readonly model: Model;
  readonly sweep: ChannelSweep;
  readonly trace: ChannelTrace;
  readonly constants: ConstantChannels;
  /** The unit of each channel. */
  readonly unitOf: Int32Array;
}

/** Sweeps over a model once. */
export function surveyOf(model: Model): Survey {
  const sweep = sweepChannels(model);
  const {unitOf} = unitsOfChannels(sweep);
  const known = new Set(layersWithin(model));
  return {model, sweep, trace: traceOf(sweep), constants: constantChannels(sweep, layer => known.has(layer)), unitOf};
}
