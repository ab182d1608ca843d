import {encodeLevels} from '../../../src/wire/coder/coded-levels.js';
import {gapBytes} from './gap-bytes.js';
import {LEVEL_NETS, prunedLevels, type LevelKernel} from './pruned-levels.js';

/** The bytes of the same levels, coded in different ways. */
export interface CodedSizes {
  readonly net: string;
  readonly sparsity: number;
  /** By ISO/IEC 15938-17: the least of nncodec 2.1.3, with inputs or outputs first, and with either of its options. */
  readonly nnc: number;
  readonly gaps: number;
  readonly ours: number;
}

const LEVELS = 7;

const NNC: Readonly<Record<keyof typeof LEVEL_NETS, readonly [sparsity: number, bytes: number][]>> = {
  'LeNet-300-100': [
    [0.5, 60_947],
    [0.8, 37_485],
    [0.9, 21_182],
    [0.95, 12_123],
    [0.99, 3186],
  ],
  'LeNet-5': [
    [0.5, 92_561],
    [0.8, 57_546],
    [0.9, 35_706],
    [0.95, 18_768],
    [0.99, 5128],
  ],
  'MobileNet-like': [
    [0.5, 50_649],
    [0.8, 29_534],
    [0.9, 16_409],
    [0.95, 9039],
    [0.99, 2282],
  ],
  'a recurrent layer': [
    [0.5, 30_348],
    [0.8, 18_858],
    [0.9, 10_998],
    [0.95, 6215],
    [0.99, 1633],
  ],
};

/** The sizes of all nets at all sparsities. */
export async function codedSizes(): Promise<CodedSizes[]> {
  const sizes: CodedSizes[] = [];
  for (const net of Object.keys(NNC) as (keyof typeof NNC)[]) {
    for (const [sparsity, nnc] of NNC[net]) {
      const kernels = prunedLevels(LEVEL_NETS[net], sparsity, LEVELS);
      sizes.push({net, sparsity, nnc, gaps: gapBytes(kernels), ours: await codedBytes(kernels)});
    }
  }
  return sizes;
}

/** All bytes of the levels. */
export async function codedBytes(kernels: readonly LevelKernel[]): Promise<number> {
  const {outline, bits} = await encodeLevels(kernels);
  return outline.length + bits.length;
}
