import {fieldsOf, type Layer, type LayerVariable} from '../../../tfjs-internals.js';
import {viewKernel, type KernelView} from './kernel-view.js';
import {activated, withBias} from './activated.js';
import type {ConstantCall, ConstantRule, Constants} from './constant-call.js';

/** What kernels make of constants. */
export const KERNEL_CONSTANTS: Record<string, ConstantRule> = {
  Dense: call => kernel(call, 'kernel', 'inputsFirst', true),
  Conv1D: convolution,
  Conv2D: convolution,
  Conv3D: convolution,
  Conv2DTranspose: transposedConvolution,
  Conv3DTranspose: transposedConvolution,
  DepthwiseConv2D: call => [activated(call.layer, withBias(call.layer, depthwise(call)))],
  SeparableConv2D: separableConvolution,
};

function kernel(call: ConstantCall, field: string, order: 'inputsFirst' | 'outputsFirst', exact: boolean): Constants[] {
  const [values] = call.values;
  const rank = (fieldsOf(call.layer)[field] as LayerVariable).shape.length;
  const view = call.intake(field, rank - (order === 'inputsFirst' ? 2 : 1), values!, exact);
  const sums = Float32Array.from({length: view.outputs}, (_, output) => sumInto(output, view, values!, exact));
  return [activated(call.layer, withBias(call.layer, sums))];
}

/** What an output of a kernel sums up to, without its bias. */
export function sumInto(output: number, view: KernelView, values: Constants, exact: boolean): number {
  if (!view.isFed(output)) return 0;
  let sum = 0;
  for (let input = 0; input < view.inputs; input++) {
    const value = values[input]!;
    if (value === 0 || !view.links(input, output)) continue;
    if (Number.isNaN(value) || !exact) return NaN;
    sum += value * view.sum(input, output);
  }
  return sum;
}

function convolution(call: ConstantCall): Constants[] {
  return kernel(call, 'kernel', 'inputsFirst', isUnpadded(call.layer));
}

/** Only a window of one pixel, moved by one, gives each output pixel the same number of them. */
function transposedConvolution(call: ConstantCall): Constants[] {
  const strides = fieldsOf(call.layer)['strides'] as number[];
  const exact = isPointwise(call.layer) && strides.every(stride => stride === 1);
  return kernel(call, 'kernel', 'outputsFirst', exact);
}

function isPointwise(layer: Layer): boolean {
  return (fieldsOf(layer)['kernelSize'] as number[]).every(size => size === 1);
}

/**
 * Padding makes something else of a constant: not what can be moved into the bias, but nothing that may get lost,
 * either.
 */
function separableConvolution(call: ConstantCall): Constants[] {
  const values = depthwise(call, value => value);
  return kernel({...call, values: [values]}, 'pointwiseKernel', 'inputsFirst', isUnpadded(call.layer));
}

/** Whether each output pixel sums over equally many of the input. */
function isUnpadded(layer: Layer): boolean {
  return fieldsOf(layer)['padding'] === 'valid' || isPointwise(layer);
}

/** Each channel by itself, without bias. @param padded what becomes of a constant where padding matters. */
function depthwise({layer, values}: ConstantCall, padded = (_value: number) => NaN): Constants {
  const exact = isUnpadded(layer);
  const view = viewKernel(fieldsOf(layer)['depthwiseKernel'] as LayerVariable, 2);
  return Float32Array.from({length: view.inputs * view.outputs}, (_, i) => {
    const [input, multiplier] = [Math.floor(i / view.outputs), i % view.outputs];
    const value = values[0]![input]!;
    if (value === 0 || !view.links(input, multiplier)) return 0;
    return exact ? value * view.sum(input, multiplier) : padded(value);
  });
}
