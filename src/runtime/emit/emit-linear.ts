import type {Linear, Mixing, Term} from '../graph/nodes.js';
import type {Layout} from '../plan/layout.js';
import {emitHalving, isHalving} from './emit-depthwise.js';
import type {Emission, Emit, Emitted} from './emitter.js';
import type {SparseMatrix} from './packer.js';
import {sharedEntries, sliced, sparseMatrix} from './sparse-matrix.js';
import {denseStream, groupedStream, sellGroups, sellStream} from './streams.js';
import type {KernelName} from '../kernels/kernel-names.js';
import type {Step} from './step.js';

/** From this share of nonzero weights on, one vector is multiplied by all weights of a matrix. */
const DENSE_SHARE = 0.25;
/** Blocks of 8 outputs may hold so many times as many weights as are not zero. */
const BLOCK_FILLING = 1.5;
/** With this share of blocks, a matrix is dense. */
const BLOCK_SHARE = 0.9;
/** How far places of inputs reach, in bytes. */
const REACH = 65_536;

/** What a position of an entry costs where outputs share their inputs, in those of single outputs. Measured. */
const SHARED_COST = {1: 1, 2: 1.55, 4: 2.9} as const;
/** How many vectors of positions are held at once. */
const MOST_VECTORS = {1: 7, 2: 4, 4: 2} as const;
type Sharing = keyof typeof SHARED_COST;

/** Chooses the kernel of a linear node by its shape and its density, and packs its weights. */
export const emitLinear: Emit<Linear> = (node, emission) => {
  const out = emission.layouts.get(node.output)!;
  const matrix = sparseMatrix(node, emission);
  const density = matrix.weights.length / node.terms.reduce((sum, {weights}) => sum + weights.length, 0);
  const positions = emission.batch * node.output.height * node.output.width;
  const work = {density, multiplications: matrix.weights.length * positions};
  const [term] = node.terms as [Term];
  if (isHalving(term)) return {...emitHalving(node, term, emission), ...work};
  const emitted = out.isDense ? ofVector(node, matrix, density, out, emission) : ofPlanes(node, matrix, out, emission);
  return {...emitted, ...work};
};

function ofVector(node: Linear, matrix: SparseMatrix, density: number, out: Layout, emission: Emission): Emitted {
  const [term] = node.terms;
  const inEights = 8 * sharedEntries(matrix, 8);
  const isDense = node.terms.length === 1 && isOfWholeVector(term!, emission) && density > DENSE_SHARE;
  const isInBlocks = inEights < BLOCK_FILLING * matrix.weights.length;
  const isFull = inEights > BLOCK_SHARE * matrix.outputs * matrix.addresses.length;
  if (isDense && (isFull || !isInBlocks)) return dense(node, term as Mixing, out, emission);
  if (isInBlocks) return inBlocks(node, matrix, out, emission);
  const {base, reach} = rangeOf(matrix);
  return reach < REACH ? inSell(node, matrix, base, out, emission) : ofPlanes(node, matrix, out, emission);
}

function isOfWholeVector(term: Linear['terms'][0], {layouts}: Emission): boolean {
  const isWhole = term.kind === 'mixing' && term.taps.length === 1 && term.inputs === term.input.channels;
  return isWhole && layouts.get(term.input)!.isDense;
}

function dense({bias, low, high}: Linear, {input, weights}: Mixing, out: Layout, emission: Emission): Emitted {
  const stream = denseStream(weights.values, bias);
  const from = emission.layouts.get(input)!.address;
  const numbers = [emission.fixed.put(stream), Math.ceil(bias.length / 16), input.channels, from, out.address];
  return {steps: [{kernel: 'gemv', numbers, floats: [low, high]}], kernel: 'dense', bytes: stream.byteLength};
}

function inBlocks({low, high}: Linear, matrix: SparseMatrix, out: Layout, {fixed, packer}: Emission): Emitted {
  const stream = groupedStream(matrix, 8, packer);
  const numbers = [fixed.put(stream), Math.ceil(matrix.outputs / 8), out.address];
  return {steps: [{kernel: 'blocks', numbers, floats: [low, high]}], kernel: 'blocks of 8', bytes: stream.byteLength};
}

function inSell(
  {low, high}: Linear,
  matrix: SparseMatrix,
  base: number,
  out: Layout,
  {fixed, packer}: Emission,
): Emitted {
  const stream = sellStream(matrix, base, out.address, packer);
  const numbers = [fixed.put(stream), sellGroups(matrix), base];
  return {steps: [{kernel: 'sell', numbers, floats: [low, high]}], kernel: 'SELL-4', bytes: stream.byteLength};
}

/** The least address that a matrix reads, and how far the largest is behind it. */
export function rangeOf({addresses}: Pick<SparseMatrix, 'addresses'>): {base: number; reach: number} {
  const base = addresses.reduce((least, address) => Math.min(least, address), Infinity);
  return {base, reach: addresses.reduce((most, address) => Math.max(most, address), 0) - base};
}

function ofPlanes(node: Linear, matrix: SparseMatrix, out: Layout, {fixed, packer}: Emission): Emitted {
  const sharing = bestSharing(matrix);
  const whole = matrix.outputs - (matrix.outputs % sharing);
  const parts: [SparseMatrix, Sharing, number][] = [
    [sliced(matrix, 0, whole), sharing, 0],
    [sliced(matrix, whole, matrix.outputs), 1, whole],
  ];
  let bytes = 0;
  const steps = parts.flatMap(([part, size, first]) => {
    if (part.outputs === 0) return [];
    const stream = groupedStream(part, size, packer);
    bytes += stream.byteLength;
    return tiled(node, part.outputs, size, fixed.put(stream), out.address + first * out.channelStep, out);
  });
  return {steps, kernel: sharing === 1 ? 'sparse' : `sparse x${sharing}`, bytes};
}

function bestSharing(matrix: SparseMatrix): Sharing {
  const cost = (size: Sharing) =>
    SHARED_COST[size] * (size === 1 ? matrix.weights.length : sharedEntries(matrix, size));
  return ([1, 2, 4] as const).reduce((best, size) => {
    return size <= matrix.outputs && cost(size) < cost(best) ? size : best;
  });
}

/** Steps over tiles of positions that differ by at most a vector in size. */
function tiled(node: Linear, outputs: number, sharing: Sharing, stream: number, to: number, out: Layout): Step[] {
  const vectors = Math.ceil(out.runLength / 4);
  const tiles = Math.ceil(vectors / MOST_VECTORS[sharing]);
  const [size, larger] = [Math.floor(vectors / tiles), vectors % tiles];
  const step = (from: number, end: number, tile: number): Step[] => {
    if (from === end) return [];
    const kernel = `spmm${sharing}x${tile}` as KernelName;
    const numbers = [stream, outputs, 16 * from, 16 * end, out.runs, out.imageStep, to, out.channelStep];
    return [{kernel, numbers, floats: [node.low, node.high]}];
  };
  const middle = larger * (size + 1);
  return [...step(0, middle, size + 1), ...step(middle, vectors, size)];
}
