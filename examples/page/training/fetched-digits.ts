import test from '../data/test.bin?url';
import training from '../data/train.bin?url';
import {digitsIn, type Digits} from './digits.js';

export function trainingDigits(): Promise<Digits> {
  return fetched(training);
}

export function testDigits(): Promise<Digits> {
  return fetched(test);
}

async function fetched(url: string): Promise<Digits> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`The digits could not be fetched (HTTP ${response.status})`);
  const unpacked = response.body.pipeThrough(new DecompressionStream('gzip'));
  return digitsIn(new Uint8Array(await new Response(unpacked).arrayBuffer()));
}
