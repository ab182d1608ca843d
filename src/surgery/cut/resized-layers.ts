import type {Shape} from '@tensorflow/tfjs-layers';
import isEqual from 'lodash/isEqual.js';
import {channelCardOf} from '../../layers/cards/channel-card-of.js';
import {serialized} from '../../layers/layer-config.js';
import {inCreationOrder} from '../../layers/prunable-layer.js';
import {deserialize, type Layer, type Serialized} from '../../tfjs-internals.js';
import type {ChannelSweep, TracedCall} from '../../units/trace/channel-sweep.js';
import type {TracedTensor} from '../../layers/cards/layer-use.js';
import {ruleError} from '../../units/trace/rule-error.js';
import type {ChannelCut} from './channel-cut.js';

/** A layer's class, and its configuration with the remaining sizes; changes `written`. */
export function resized(layer: Layer, written: Serialized, cut: ChannelCut): Serialized {
  cut.resize(layer, written.config);
  return written;
}

/**
 * Checks the configurations that declared channel rules have rewritten: layers made from them must have the sizes that
 * the rules say. tf.js would notice only in a later layer, or not at all.
 *
 * @throws RangeError that names the rule and what it forgets.
 */
export function expectRulesFit(sweep: ChannelSweep, cut: ChannelCut, dead: ReadonlySet<Layer>): void {
  for (const call of sweep.calls) {
    if (channelCardOf(call.layer).isDeclared && !dead.has(call.layer) && cut.touches(call)) expectRuleFits(call, cut);
  }
}

function expectRuleFits(call: TracedCall, cut: ChannelCut): void {
  const shapes = call.inputs.map(input => cutShape(input, cut));
  const given = shapes.length === 1 ? shapes[0]! : shapes;
  const twin = deserialize(resized(call.layer, serialized(call.layer), cut), {fastWeightInit: true});
  try {
    twin.build(given);
    const made = twin.computeOutputShape(given);
    const outputs = Array.isArray(made[0]) ? (made as Shape[]) : [made as Shape];
    call.outputs.forEach((output, i) => expectLeft(call, `output ${i}`, outputs[i], cutShape(output, cut)));
    const weights = inCreationOrder(twin);
    inCreationOrder(call.layer).forEach((variable, i) => {
      expectLeft(call, `its weight "${variable.originalName}"`, weights[i]?.shape, cut.shapeOf(variable));
    });
  } finally {
    for (const weight of twin.weights) weight.dispose();
  }
}

function expectLeft(call: TracedCall, what: string, made: Shape | undefined, left: Shape): void {
  if (isEqual(made, left)) return;
  throw ruleError(
    call,
    `leaves [${shown(left)}] of ${what}, but a layer made from the configuration that it writes has ` +
      `[${made ? shown(made) : 'none'}]; write each size with \`makes\` or \`sized\`, and tie each axis that is cut`,
  );
}

function cutShape({shape, axis, channels}: TracedTensor, cut: ChannelCut): Shape {
  return channels.length === 0
    ? shape
    : shape.map((size, i) => (i === axis ? cut.positionsKept(channels).length : size));
}

function shown(shape: Shape): string {
  return shape.map(size => size ?? 'any').join();
}
