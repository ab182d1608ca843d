import type {Channelwise, Linear, Tap, Term} from '../graph/nodes.js';
import type {Emission, Emitted} from './emitter.js';

const ENTRIES = 9;

/** Whether a term is a 3 x 3 kernel over each channel that reads every other line and column. */
export function isHalving(term: Term): term is Channelwise {
  return term.kind === 'channelwise' && term.stride === 2;
}

/** Packs a depthwise kernel: for each channel, its entries and its bias. */
export function emitHalving({bias, low, high, output}: Linear, term: Channelwise, emission: Emission): Emitted {
  const {layouts, fixed, batch} = emission;
  const [from, to] = [layouts.get(term.input)!, layouts.get(output)!];
  const channels = bias.length;
  const {values} = term.weights;
  const weights = Float32Array.from({length: channels * (ENTRIES + 1)}, (_, i) => {
    const [channel, entry] = [Math.floor(i / (ENTRIES + 1)), i % (ENTRIES + 1)];
    return entry === ENTRIES ? bias[channel]! : values[entry * channels + channel]!;
  });
  const [{down, right}] = term.taps as [Tap];
  const first = from.address + down * from.lineStep + right * from.columnStep;
  const numbers = [
    ...[fixed.put(weights), channels, first, from.channelStep, from.lineStep, to.address, to.channelStep],
    ...[batch, from.imageStep, to.imageStep, output.width, output.height, to.lineStep],
  ];
  const steps = [{kernel: 'halve' as const, numbers, floats: [low, high]}];
  return {steps, kernel: 'depthwise', bytes: weights.byteLength};
}
