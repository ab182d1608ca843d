import {rangeOf} from '../emit/emit-linear.js';
import type {Emitted} from '../emit/emitter.js';
import type {Step} from '../emit/step.js';
import type {Linear} from '../graph/nodes.js';
import type {Layout} from '../plan/layout.js';
import {step, type ByteEmission} from './byte-emission.js';
import {emitDepthwise, isDepthwise} from './emit-depthwise.js';
import {emitSum} from './emit-sum.js';
import type {Int8KernelName} from './int8-kernel-names.js';
import {quadMatrix, sharedRows, type QuadMatrix} from './quad-matrix.js';
import {denseVectorStream, quadStream, sparseVectorStream} from './quad-streams.js';
import {requantization, type Requantization} from './requantization.js';
import {isSum} from './separate.js';

/** Up to this share of quads that are not zero, one vector is multiplied by these alone. */
const SPARSE_SHARE = 0.16;
/** How far places of inputs reach, in bytes. */
const REACH = 65_536;
/** What a quad of four outputs that share their input costs, in those of single outputs. Measured. */
const SHARED_COST = 3.3;
/** How many vectors of positions are held at once. */
const MOST_VECTORS = {1: 7, 4: 2} as const;
type Sharing = keyof typeof MOST_VECTORS;

/** Chooses the kernel of a linear node by its shape and its density, and packs its weights. */
export function emitByteLinear(node: Linear, emission: ByteEmission): Emitted {
  const {layouts, bytes, batch} = emission;
  const {levels, slots} = bytes.get(node.terms[0]!.input)!;
  if (isSum(node)) return emitSum(node, emission);
  if (isDepthwise(node, slots)) return emitDepthwise(node, emission);
  const matrix = quadMatrix(node, layouts, slots);
  const requantized = requantization(node, matrix, levels, bytes.get(node.output)?.levels);
  return {
    ...ofMatrix(node, matrix, requantized, emission),
    density: matrix.nonzeros / node.terms.reduce((sum, {weights}) => sum + weights.length, 0),
    multiplications: matrix.nonzeros * batch * node.output.height * node.output.width,
  };
}

function ofMatrix(node: Linear, matrix: QuadMatrix, requantized: Requantization, emission: ByteEmission): Emitted {
  const out = emission.layouts.get(node.output)!;
  const planes = () => ofPlanes(matrix, requantized, out, !emission.bytes.has(node.output), emission);
  if (!out.isDense) return planes();
  const quads = matrix.quads.reduce((count, quad) => count + Number(quad !== 0), 0);
  const isWhole = isOfWholeVector(node, emission);
  const {base, reach} = rangeOf(matrix);
  const mayBeSparse = reach < REACH;
  if (isWhole && (!mayBeSparse || quads > SPARSE_SHARE * matrix.quads.length)) {
    return denseVector(node, matrix, requantized, emission);
  }
  if (mayBeSparse) return sparseVector(node, matrix, requantized, base, emission);
  return planes();
}

/** Whether a node multiplies all numbers of one vector. */
export function isOfWholeVector({terms}: Linear, {layouts}: Pick<ByteEmission, 'layouts'>): boolean {
  const [term] = terms;
  const isWhole = terms.length === 1 && term!.kind === 'mixing' && term!.taps.length === 1;
  return isWhole && layouts.get(term!.input)!.isDense;
}

function denseVector(node: Linear, matrix: QuadMatrix, requantized: Requantization, emission: ByteEmission): Emitted {
  const {layouts, bytes, fixed} = emission;
  const stream = denseVectorStream(matrix, requantized);
  const {addresses, outputs} = matrix;
  const isFloat = Number(!bytes.has(node.output));
  const to = layouts.get(node.output)!.address;
  const numbers = [fixed.put(stream), Math.ceil(outputs / 16), addresses.length, addresses[0] ?? 0, to, isFloat];
  const steps = [step('denseVector', numbers, [requantized.low, requantized.high])];
  return {steps, kernel: 'int8 dense', bytes: stream.byteLength};
}

function sparseVector(
  node: Linear,
  matrix: QuadMatrix,
  requantized: Requantization,
  base: number,
  {layouts, bytes, fixed}: ByteEmission,
): Emitted {
  const isFloat = !bytes.has(node.output);
  const to = layouts.get(node.output)!.address;
  const {stream, groups} = sparseVectorStream(matrix, requantized, base, output => to + output * (isFloat ? 4 : 1));
  const numbers = [fixed.put(stream), groups, base, Number(isFloat)];
  const steps = [step('sparseVector', numbers, [requantized.low, requantized.high])];
  return {steps, kernel: 'int8 quads', bytes: stream.byteLength};
}

function ofPlanes(
  matrix: QuadMatrix,
  requantized: Requantization,
  out: Layout,
  isFloat: boolean,
  {fixed}: ByteEmission,
): Emitted {
  const isShared = SHARED_COST * sharedQuads(matrix, 4) < sharedQuads(matrix, 1);
  const sharing = isShared ? 4 : 1;
  const stream = quadStream(matrix, sharing, requantized);
  const steps = tiled(matrix.outputs, sharing, fixed.put(stream), out, isFloat, requantized);
  return {steps, kernel: isShared ? 'int8 quads x4' : 'int8 quads', bytes: stream.byteLength};
}

/** How many entries groups of outputs have. */
function sharedQuads(matrix: QuadMatrix, size: number): number {
  let count = 0;
  for (let first = 0; first < matrix.outputs; first += size) {
    count += sharedRows(matrix, first, Math.min(size, matrix.outputs - first)).length;
  }
  return count;
}

/** Steps over tiles of positions that differ by at most a vector in size. */
function tiled(
  outputs: number,
  sharing: Sharing,
  stream: number,
  out: Layout,
  isFloat: boolean,
  {low, high}: Requantization,
): Step[] {
  const vectors = Math.ceil(out.runLength / 4);
  const tiles = Math.ceil(vectors / MOST_VECTORS[sharing]);
  const [size, larger] = [Math.floor(vectors / tiles), vectors % tiles];
  const part = (from: number, end: number, tile: number): Step[] => {
    if (from === end) return [];
    const kernel = `quads${sharing}x${tile}` as Int8KernelName;
    const places = [16 * from, 16 * end, out.runs, out.imageStep, out.address, out.channelStep];
    return [step(kernel, [stream, outputs, ...places, Number(isFloat)], [low, high])];
  };
  const middle = larger * (size + 1);
  return [...part(0, middle, size + 1), ...part(middle, vectors, size)];
}
