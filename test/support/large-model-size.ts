import {brotliCompressSync, constants} from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {modelSize} from '../../src/report/model-size.js';

/** The size of a model of more than 2^20 bytes, and what ran besides. */
export interface LargeModelSize {
  readonly brotliLevel: number | null;
  readonly brotli: number | null;
  /** By brotli at level 9. */
  readonly atNine: number;
  /** How often a timer ran meanwhile. */
  readonly turns: number;
}

export async function largeModelSize(): Promise<LargeModelSize> {
  const model = tf.sequential({layers: [tf.layers.dense({name: 'd', units: 600, inputShape: [600], useBias: false})]});
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const {brotliLevel, layers} = await modelSize(model, {bits: [2]});
  clearInterval(timer);
  const kernel = new Uint8Array(model.getWeights()[0]!.dataSync().buffer);
  const params = {[constants.BROTLI_PARAM_QUALITY]: 9};
  return {brotliLevel, brotli: layers[0]!.float32.brotli, atNine: brotliCompressSync(kernel, {params}).length, turns};
}
