import * as tfc from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {prunable, sparsityReport, stripPruning} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {FusedAdam} from 'tfjs-pruning/wasm';

const EXAMPLES = 32;
const BATCH_SIZE = 8;
const EPOCHS = 5;
const IMAGE = [12, 12, 3];
const CLASSES = 4;

/** What a training came to: plain values, so that a page can send them. */
export interface Training {
  /** The loss of each batch. */
  losses: number[];
  sparsity: number;
  /** What the pruned model answers in the end, and the same model stripped, saved and loaded again. */
  outputs: number[];
  outputsLoaded: number[];
  layersLoaded: string[];
  leakedTensors: number;
}

/** Trains, prunes, strips, saves and loads a small convolutional net; nothing of it is left to chance. */
export async function train(): Promise<Training> {
  const before = tfc.memory().numTensors;
  const plain = convolutionalNet();
  tfc.tidy(() => {
    plain.trainableWeights.forEach((weight, i) => void weight.write(random(weight.shape as number[], i + 1)));
  });
  const model = prunable(plain);
  const optimizer = new FusedAdam(0.01);
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  const x = random([EXAMPLES, ...IMAGE], 100);
  const y = tfc.tidy(() => tfc.oneHot(tfc.argMax(random([EXAMPLES, CLASSES], 101), -1), CLASSES));

  const losses: number[] = [];
  const schedule = polynomialDecay({finalSparsity: 0.8, endStep: 10, frequency: 2});
  const onBatchEnd = (_: number, logs?: tfl.Logs) => void losses.push(logs!['loss']!);
  const callbacks = [new GradualPruning({schedule}), new tfl.CustomCallback({onBatchEnd})];
  await model.fit(x, y, {epochs: EPOCHS, batchSize: BATCH_SIZE, shuffle: false, verbose: 0, callbacks});

  const stripped = stripPruning(model);
  const loaded = await saveAndLoad(stripped);
  const result = {
    losses,
    sparsity: (await sparsityReport(model)).total.sparsity,
    outputs: outputsOf(model, x),
    outputsLoaded: outputsOf(loaded, x),
    layersLoaded: loaded.layers.map(layer => layer.getClassName()),
  };
  for (const each of [plain, model, stripped, loaded, optimizer]) each.dispose();
  tfc.dispose([x, y]);
  return {...result, leakedTensors: tfc.memory().numTensors - before};
}

function convolutionalNet(): tfl.Sequential {
  const {layers} = tfl;
  return tfl.sequential({
    layers: [
      layers.conv2d({filters: 8, kernelSize: 3, padding: 'same', useBias: false, inputShape: IMAGE}),
      layers.batchNormalization(),
      layers.activation({activation: 'relu'}),
      layers.conv2d({filters: 8, kernelSize: 3, strides: 2}),
      layers.depthwiseConv2d({kernelSize: 3, padding: 'same'}),
      layers.maxPooling2d({poolSize: 2}),
      layers.flatten(),
      layers.dense({units: CLASSES, activation: 'softmax'}),
    ],
  });
}

/** Numbers in [-0.5, 0.5), the same wherever this runs. */
function random(shape: number[], seed: number): tfc.Tensor {
  let state = seed;
  const next = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648 - 0.5;
  return tfc.tensor(Float32Array.from({length: tfc.util.sizeFromShape(shape)}, next), shape);
}

async function saveAndLoad(model: tfl.Sequential): Promise<tfl.LayersModel> {
  let saved: tfc.io.ModelArtifacts = {};
  const handler = tfc.io.withSaveHandler(artifacts => {
    saved = artifacts;
    return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
  });
  await model.save(handler);
  return tfl.loadLayersModel(tfc.io.fromMemory(saved));
}

function outputsOf(model: tfl.LayersModel, x: tfc.Tensor): number[] {
  return tfc.tidy(() => Array.from((model.predict(x) as tfc.Tensor).dataSync()));
}
