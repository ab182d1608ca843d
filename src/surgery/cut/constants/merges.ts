import {fieldsOf} from '../../../tfjs-internals.js';
import type {LayerUse, TracedTensor} from '../../../units/trace/layer-use.js';
import {SHAPE_RULES} from '../../../units/trace/rules/shapes.js';
import {unknown, valuesOfChannels, type ConstantCall, type ConstantRule, type Constants} from './constant-call.js';

/** What becomes of constants where tensors are merged, or values moved. */
export const MERGE_CONSTANTS: Record<string, ConstantRule> = {
  Add: call => [merged(call, (a, b) => a + b)],
  Average: call => [merged(call, (a, b) => a + b).map(sum => sum / call.inputs.length)],
  Maximum: call => [merged(call, Math.max)],
  Minimum: call => [merged(call, Math.min)],
  Multiply: call => [merged(call, (a, b) => (a === 0 || b === 0 ? 0 : a * b))],
  Concatenate: concatenation,
  // Of what passes through, sums of nothing but zeros are zero; all else depends on the other input
  Dot: call => call.outputs.map(({channels}) => valuesOfChannels(call, channels).map(value => (value === 0 ? 0 : NaN))),
  Flatten: rearranged,
  Reshape: rearranged,
  Permute: rearranged,
  RepeatVector: rearranged,
};

/** Position by position; what is spread over all channels, or has channels along another axis, is not constant. */
function merged({inputs, outputs: [output], values}: ConstantCall, f: (a: number, b: number) => number): Constants {
  const aligned = inputs.map(({shape, axis}, i) => {
    const fits = axis + output!.shape.length - shape.length === output!.axis;
    return fits && values[i]!.length === output!.channels.length ? values[i]! : unknown(output!);
  });
  return aligned.reduce((sum, list) => sum.map((value, i) => f(value, list[i]!)));
}

function concatenation(call: ConstantCall): Constants[] {
  const {
    layer,
    inputs,
    outputs: [output],
    values,
  } = call;
  const at = fieldsOf(layer)['axis'] as number;
  if ((at < 0 ? at + output!.shape.length : at) !== output!.axis) {
    return [merged(call, (a, b) => (a === b ? a : NaN))];
  }
  return [
    Float32Array.from(
      inputs.flatMap(({axis, shape}, i) => [
        ...(axis === output!.axis
          ? values[i]!
          : unknown({channels: new Int32Array(shape[output!.axis] ?? 0)} as TracedTensor)),
      ]),
    ),
  ];
}

/**
 * The rule for the layer's class says where values go, asked with numbers for channels of one value each in place of
 * the channels: the one of tf.js, since one that was declared in its place may want to know more.
 */
function rearranged({layer, inputs: [input], outputs, values}: ConstantCall): Constants[] {
  const numbers = new Map<string, number>();
  const valueOf: number[] = [];
  const channels = input!.channels.map((channel, i) => {
    const key = `${channel} ${values[0]![i]}`;
    if (!numbers.has(key)) numbers.set(key, valueOf.push(values[0]![i]!) - 1);
    return numbers.get(key)!;
  });
  const nothing = () => undefined;
  const asked: Partial<LayerUse> = {
    layer,
    inputs: [{...input!, channels}],
    outputShapes: outputs.map(({shape}) => shape),
    sized: nothing,
    refuse: () => [],
  };
  const [moved] = SHAPE_RULES[layer.getClassName()]!(asked as LayerUse);
  return moved?.axis === outputs[0]!.axis ? [Float32Array.from(moved.channels, number => valueOf[number]!)] : [];
}
