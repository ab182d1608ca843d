import {encodeLevels, readOutline} from '../../../src/wire/coder/coded-levels.js';
import {
  levelDecoder,
  PlainDecoder,
  type LevelDecoder,
  type LevelStream,
} from '../../../src/wire/decoder/level-decoder.js';
import {mobileNet, prunedLevels} from './pruned-levels.js';

/** What decoding took, in milliseconds of the processor: one for each round. */
export interface DecodingTimes {
  readonly weights: number;
  readonly compiled: readonly number[];
  readonly plain: readonly number[];
}

const LEVELS = 7;

/** Decodes the kernels of a MobileNet-like net of 2.5 M weights, as often as asked for. */
export function decodingTimes(sparsity: number, rounds: number): DecodingTimes {
  const kernels = prunedLevels(mobileNet(0.875), sparsity, LEVELS);
  const {outline, bits, rowBytes} = encodeLevels(kernels);
  const stream: LevelStream = {...readOutline(outline, kernels), bits, rowBytes};
  const weights = kernels.reduce((sum, {levels}) => sum + levels.length, 0);
  const [compiled, plain]: [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round++) {
    const times = [
      millisecondsOf(() => levelDecoder(stream), bits.length),
      millisecondsOf(() => new PlainDecoder(stream), bits.length),
    ] as const;
    if (round < 0) continue; // to warm up
    compiled.push(times[0]);
    plain.push(times[1]);
  }
  return {weights, compiled, plain};
}

function millisecondsOf(decoder: () => LevelDecoder, available: number): number {
  const begin = process.cpuUsage();
  decoder().decode(available);
  const {user, system} = process.cpuUsage(begin);
  return (user + system) / 1000;
}
