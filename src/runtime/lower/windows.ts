/** How a kernel or a window moves along one axis. */
export interface AxisOfKernel {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** "same", "valid" or "causal"; or how many zeros there are before the image, and how many outputs. */
  readonly padding: string | {readonly before: number; readonly outputs: number};
}

/** An entry of a kernel along one axis: it reads output x + `shift` of every `stride`-th position from `phase` on. */
export interface AxisTap {
  readonly index: number;
  readonly phase: number;
  readonly shift: number;
}

export interface AxisTaps {
  readonly outputs: number;
  readonly taps: readonly AxisTap[];
}

/** How many outputs there are, and how far before the image the first window begins. */
export function windowsAlong(length: number, axis: AxisOfKernel): {outputs: number; before: number} {
  const {size, stride, dilation, padding} = axis;
  if (typeof padding !== 'string') return padding;
  const reach = (size - 1) * dilation + 1;
  if (padding === 'same') {
    const outputs = Math.ceil(length / stride);
    return {outputs, before: Math.floor(Math.max(0, (outputs - 1) * stride + reach - length) / 2)};
  }
  const before = padding === 'causal' ? reach - 1 : 0;
  return {outputs: Math.max(0, Math.ceil((length + before - reach + 1) / stride)), before};
}

/** The entries of a kernel along one axis, without those that meet nothing but padding. */
export function tapsAlong(length: number, axis: AxisOfKernel): AxisTaps {
  const {size, stride, dilation} = axis;
  const {outputs, before} = windowsAlong(length, axis);
  const taps = Array.from({length: size}, (_, index) => {
    const offset = index * dilation - before;
    const shift = Math.floor(offset / stride);
    return {index, shift, phase: offset - shift * stride};
  });
  const isInside = ({phase, shift}: AxisTap) => {
    const positions = Math.ceil((length - phase) / stride);
    return shift < positions && outputs - 1 + shift >= 0;
  };
  return {outputs, taps: taps.filter(isInside)};
}
