import type {Shape} from '@tensorflow/tfjs-layers';
import {peakActivations, type LeftOf} from '../../report/peak-activations.js';
import {disposeWholly, type Model} from '../../tfjs-internals.js';
import {sweepChannels} from '../../units/trace/channel-sweep.js';
import {unitsOfChannels} from '../../units/trace/trace-channels.js';
import type {ChannelPlan} from '../channel-plan.js';
import type {Removal} from '../cut/removal.js';
import {cutOut} from '../cut/shrink.js';

/**
 * The most values that `predict` has in memory at once after a removal, as `modelCost` counts them. A removal of whole
 * branches changes which layers there are: only then is the smaller model made.
 *
 * @param model the traced model.
 * @param inputShapes of its inputs, with the batch first, if it leaves sizes open.
 * @param planAfter the plan for a removal.
 */
export function peakAfter(
  model: Model,
  inputShapes: readonly Shape[] | undefined,
  planAfter: (removal: Removal) => Pick<ChannelPlan, 'remove'>,
): (removal: Removal) => number {
  const sweep = sweepChannels(model);
  const {unitOf} = unitsOfChannels(sweep);
  const leftAfter = (units: ReadonlySet<number>): LeftOf => {
    const isLeft = (channel: number) => !units.has(unitOf[channel]!);
    return ({id}, shape) => {
      const traced = sweep.tensors.get(id);
      if (!traced?.channels.length) return shape;
      const left = traced.channels.filter(isLeft).length;
      const channelAxis = (traced.axis + shape.length) % shape.length;
      return shape.map((size, axis) => (axis === channelAxis ? left : size));
    };
  };
  return removal => {
    if (removal.dropped.size === 0) return peakActivations(model, inputShapes, leftAfter(removal.units));
    const {small} = cutOut(model, planAfter(removal));
    try {
      return peakActivations(small, inputShapes);
    } finally {
      disposeWholly(small);
    }
  };
}
