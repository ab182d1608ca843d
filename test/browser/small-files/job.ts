/** What a page, or a worker, does with a compressed model. */
import '@tensorflow/tfjs-backend-cpu';
import * as tfc from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {compressed} from 'tfjs-pruning/wire';

/** What came of it. */
export interface Job {
  /** What the model computes: loaded from the server, and again from IndexedDB. */
  readonly outputs: readonly number[];
  readonly outputsStored: readonly number[];
  /** Why a model that is not in IndexedDB can't be loaded. */
  readonly missing: string;
  /** How many decoders were compiled. */
  readonly decoders: number;
  readonly leakedTensors: number;
}

let decoders = 0;

/** Asks for the end of the file as soon as a row of it is decoded: the server holds it back until then. */
function spyOnDecoders(): void {
  const instantiate = WebAssembly.instantiate as (module: WebAssembly.Module) => Promise<WebAssembly.Instance>;
  const spied = async (module: WebAssembly.Module) => {
    const {exports} = await instantiate(module);
    decoders++;
    const decode = exports['decodeRows'] as (available: number, rowBytes: number) => number;
    const decodeRows = (available: number, rowBytes: number) => {
      const rows = decode(available, rowBytes);
      if (rows > 0) void fetch('/go-on');
      return rows;
    };
    return {exports: {...exports, decodeRows}};
  };
  WebAssembly.instantiate = spied as never;
}

export async function job(): Promise<Job> {
  spyOnDecoders();
  await tfc.setBackend('cpu');
  const {numTensors} = tfc.memory();
  const model = await tfl.loadLayersModel(compressed(new URL('/model.tfpr', location.href)));
  await model.save(compressed('indexeddb://model'));
  const stored = await tfl.loadLayersModel(compressed('indexeddb://model'));
  const missing = await tfl.loadLayersModel(compressed('indexeddb://none')).then(
    () => 'there',
    (error: unknown) => String(error),
  );
  const [outputs, outputsStored] = [outputsOf(model), outputsOf(stored)];
  model.dispose();
  stored.dispose();
  return {outputs, outputsStored, missing, decoders, leakedTensors: tfc.memory().numTensors - numTensors};
}

/** For an input that is the same everywhere. */
export function outputsOf(model: tfl.LayersModel): number[] {
  return tfc.tidy(() => {
    const [, ...shape] = model.inputs[0]!.shape as number[];
    const size = tfc.util.sizeFromShape(shape);
    const input = tfc.tensor(
      Float32Array.from({length: size}, (_, i) => Math.sin(i)),
      [1, ...shape],
    );
    return [...(model.predict(input) as tfc.Tensor).dataSync()];
  });
}
