import type {Pausing} from '../display/pauses.js';
import {expectFinite, type SavedWeight} from './artifacts.js';
import {findCodebook} from './grid/find-codebook.js';
import {findGrid} from './grid/find-grid.js';
import {quantize} from './grid/quantize.js';
import {halved} from './format/half.js';
import {matrixOf, type FileWeight} from './format/model-file.js';

/** How weights are coded. */
export interface WeightCoding {
  /** Levels to each side of zero; undefined keeps a grid or a codebook that weights are on, and else takes 127. */
  readonly most: number | undefined;
  readonly perChannel: boolean;
  readonly others: 'float32' | 'float16';
  /** Whether a weight is quantized, by its name. */
  readonly isChosen: (name: string) => boolean;
}

const USUAL_LEVELS = 127;
/** A grid of which so few levels are used takes more than a codebook of these. */
const SPARSE = 1 / 2;

/** Codes all weights of a file, each as {@link codeWeight} does, and pauses between them. */
export async function codeWeights(
  weights: readonly SavedWeight[],
  coding: WeightCoding,
  work: Pausing,
): Promise<FileWeight[]> {
  const coded: FileWeight[] = [];
  for (const weight of weights) {
    coded.push(codeWeight(weight, coding));
    await work.pause();
  }
  return coded;
}

/**
 * Codes a weight: kernels as levels of a grid or a codebook, vectors number by number. Weights that are on a grid of at
 * most as many levels are kept exactly.
 *
 * @throws RangeError if a weight to quantize is not finite.
 */
export function codeWeight(weight: SavedWeight, coding: WeightCoding): FileWeight {
  const {name, shape, dtype, values} = weight;
  if (dtype !== 'float32') return {name, shape, coding: dtype, values};
  const floats = values as Float32Array;
  if (shape.length < 2 || !coding.isChosen(name)) return {name, shape, ...plain(floats, coding.others)};
  return {name, shape, ...levelsOf({values: expectFinite(weight), ...matrixOf(shape)}, coding)};
}

function plain(values: Float32Array, others: WeightCoding['others']) {
  const fewer = others === 'float16' ? halved(values) : undefined;
  return fewer ? {coding: 'float16' as const, values: fewer} : {coding: 'float32' as const, values};
}

function levelsOf(matrix: Parameters<typeof findGrid>[0], {most, perChannel}: WeightCoding) {
  const grid = findGrid(matrix);
  const highest = grid ? largest(grid.levels) : Infinity;
  const codebook = findCodebook(matrix.values);
  const values = codebook?.codebook.length ?? Infinity;
  const isSparse = values < SPARSE * highest;
  if (grid && highest <= (most ?? Infinity) && !isSparse) return {coding: 'grid' as const, ...grid};
  if (codebook && values <= (most === undefined ? Infinity : 2 * most + 1)) {
    return {coding: 'codebook' as const, ...codebook};
  }
  return {coding: 'grid' as const, ...quantize(matrix, most ?? USUAL_LEVELS, perChannel)};
}

function largest(levels: Int16Array): number {
  return levels.reduce((most, level) => Math.max(most, Math.abs(level)), 0);
}
