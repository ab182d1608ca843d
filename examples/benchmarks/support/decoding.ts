import {encodeLevels} from '../../../src/wire/coder/coded-levels.js';
import {readOutline} from '../../../src/wire/coder/outline.js';
import type {Decoder, LevelStream} from '../../../src/wire/decoder/decoder.js';
import {PLAIN_DECODER} from '../../../src/wire/decoder/plain-decoder.js';
import {startDecoder} from '../../../src/wire/decoder/start-decoder.js';
import {mobileNet, prunedLevels} from './pruned-levels.js';

/** What decoding took, in milliseconds of the processor: one for each round. */
export interface DecodingTimes {
  readonly weights: number;
  readonly compiled: readonly number[];
  readonly plain: readonly number[];
}

const LEVELS = 7;

/** Decodes the kernels of a MobileNet-like net of 2.5 M weights, as often as asked for. */
export async function decodingTimes(sparsity: number, rounds: number): Promise<DecodingTimes> {
  const kernels = prunedLevels(mobileNet(0.875), sparsity, LEVELS);
  const {outline, bits, rowBytes} = await encodeLevels(kernels);
  const stream: LevelStream = {...readOutline(outline, kernels), bits, rowBytes};
  const weights = kernels.reduce((sum, {levels}) => sum + levels.length, 0);
  const [compiled, plain]: [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round++) {
    const times = [millisecondsOf(await startDecoder(), stream), millisecondsOf(PLAIN_DECODER, stream)] as const;
    if (round < 0) continue; // to warm up
    compiled.push(times[0]);
    plain.push(times[1]);
  }
  return {weights, compiled, plain};
}

function millisecondsOf(decoder: Decoder, stream: LevelStream): number {
  const begin = process.cpuUsage();
  decoder.levels(stream).decode(stream.bits.length, () => undefined);
  const {user, system} = process.cpuUsage(begin);
  return (user + system) / 1000;
}
