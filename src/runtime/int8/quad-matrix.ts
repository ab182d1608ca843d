import type {Linear, Term} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import type {Layout} from '../plan/layout.js';
import type {Slots} from './byte-value.js';
import {wholeWeights} from './weights.js';

/** The weights of a linear node of one value of bytes, four inputs at a time. */
export interface QuadMatrix {
  readonly outputs: number;
  /** Of each row, a word of the input at a tap, the address that is read for the first position. Ascending. */
  readonly addresses: Uint32Array;
  /** Four weights of each row, for the first output, then for the next. */
  readonly quads: Int32Array;
  /** Of each output, the number that its weights are multiplied by. */
  readonly scales: Float64Array;
  /** Of each output, the sum of its weights. */
  readonly sums: Int32Array;
  readonly nonzeros: number;
}

/** Collects the weights of a linear node by the words that they are multiplied with. */
export function quadMatrix({terms, bias}: Linear, layouts: ReadonlyMap<Value, Layout>, slots: Slots): QuadMatrix {
  const outputs = bias.length;
  const placesOf = terms.map(term => places(term, outputs, layouts.get(term.input)!, slots));
  const addresses = Uint32Array.from(new Set(placesOf.flatMap(ofTerm => ofTerm.map(({address}) => address)))).sort();
  const rows = new Map(Array.from(addresses, (address, row) => [address, row]));
  const indices = placesOf.map(ofTerm => ofTerm.map(({address, lane}) => 4 * rows.get(address)! + lane));
  const bytes = new Int8Array(4 * addresses.length * outputs);
  const [scales, sums] = [new Float64Array(outputs), new Int32Array(outputs)];
  let nonzeros = 0;
  for (let output = 0; output < outputs; output++) {
    const weights = new Float32Array(4 * addresses.length);
    terms.forEach((term, i) => addWeights(term, outputs, output, indices[i]!, weights));
    const {scale, wholes} = wholeWeights(weights);
    bytes.set(wholes, wholes.length * output);
    scales[output] = scale;
    sums[output] = wholes.reduce((sum, whole) => sum + whole, 0);
    nonzeros += wholes.reduce((count, whole) => count + Number(whole !== 0), 0);
  }
  return {outputs, addresses, quads: new Int32Array(bytes.buffer), scales, sums, nonzeros};
}

/** Where each channel that a term reads is, tap by tap: the address of its word, and which byte of that. */
function places(term: Term, outputs: number, layout: Layout, slots: Slots) {
  const {address, channelStep, lineStep, columnStep} = layout;
  const count = term.kind === 'mixing' ? term.inputs : outputs / term.multiplier;
  return term.taps.flatMap(({down, right, channel}) =>
    Array.from({length: count}, (_, i) => {
      const slot = slots[channel + i]!;
      const word = Math.floor(slot / 4);
      return {address: address + down * lineStep + right * columnStep + word * channelStep, lane: slot % 4};
    }),
  );
}

/** Adds the weights of one output, each at its place. */
function addWeights(
  {kind, taps, weights: {values}, ...term}: Term,
  outputs: number,
  output: number,
  indices: readonly number[],
  to: Float32Array,
): void {
  if (kind === 'mixing') {
    for (let i = 0; i < indices.length; i++) to[indices[i]!]! += values[i * outputs + output]!;
    return;
  }
  const {multiplier} = term as {multiplier: number};
  const own = Math.floor(output / multiplier);
  taps.forEach((_, tap) => {
    to[indices[(tap * outputs) / multiplier + own]!]! += values[tap * outputs + output]!;
  });
}

/** Of some outputs, the rows in which at least one has a weight. */
export function sharedRows({addresses, quads}: QuadMatrix, first: number, count: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < addresses.length; row++) {
    for (let output = first; output < first + count; output++) {
      if (quads[output * addresses.length + row] === 0) continue;
      rows.push(row);
      break;
    }
  }
  return rows;
}
