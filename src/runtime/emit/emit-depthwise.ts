import type {Channelwise, Linear, Tap, Term} from '../graph/nodes.js';
import type {KernelName} from '../kernels/kernel-names.js';
import type {Emission, Emitted} from './emitter.js';

/** Whether a term is a kernel of 3 x 3 or 5 x 5 over each channel that reads every other line and column. */
export function isHalving(term: Term): term is Channelwise {
  return term.kind === 'channelwise' && term.stride === 2;
}

/** Packs a depthwise kernel: for each channel, its entries and its bias. */
export function emitHalving({bias, low, high, output}: Linear, term: Channelwise, emission: Emission): Emitted {
  const {layouts, fixed, batch} = emission;
  const [from, to] = [layouts.get(term.input)!, layouts.get(output)!];
  const channels = bias.length;
  const {values} = term.weights;
  const entries = term.taps.length;
  const weights = Float32Array.from({length: channels * (entries + 1)}, (_, i) => {
    const [channel, entry] = [Math.floor(i / (entries + 1)), i % (entries + 1)];
    return entry === entries ? bias[channel]! : values[entry * channels + channel]!;
  });
  const [{down, right}] = term.taps as [Tap];
  const first = from.address + down * from.lineStep + right * from.columnStep;
  const numbers = [
    ...[fixed.put(weights), channels, first, from.channelStep, from.lineStep, to.address, to.channelStep],
    ...[batch, from.imageStep, to.imageStep, output.width, output.height, to.lineStep],
  ];
  const kernel: KernelName = entries === 9 ? 'halve' : 'halveFive';
  const steps = [{kernel, numbers, floats: [low, high]}];
  return {steps, kernel: 'depthwise', bytes: weights.byteLength};
}
