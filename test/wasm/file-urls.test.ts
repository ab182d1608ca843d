import {mkdtempSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {registerFileUrls} from 'tfjs-pruning/wasm';
import {maskEvery} from '../support/masks.js';
import {distance, predict} from '../support/tensors.js';

const folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-'));

function model(): tf.Sequential {
  const wrapped = prunable(tf.sequential({layers: [tf.layers.dense({name: 'd', units: 4, inputShape: [3]})]}));
  maskEvery(2, wrapped.layers);
  return wrapped;
}

test('saves and loads a model with masks, optimizer and metadata in the files that tfjs-node writes', async () => {
  const saved = model();
  saved.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'meanSquaredError'});
  await saved.fit(tf.ones([4, 3]), tf.ones([4, 4]), {verbose: 0});
  saved.setUserDefinedMetadata({step: 1});
  const {modelArtifactsInfo} = await saved.save(`file://${folder}/whole`, {includeOptimizer: true});
  expect(modelArtifactsInfo.weightDataBytes).toBe(readFileSync(join(folder, 'whole/weights.bin')).length);
  expect(readdirSync(join(folder, 'whole')).sort()).toEqual(['model.json', 'weights.bin']);

  const loaded = await tf.loadLayersModel(`file://${folder}/whole/model.json`);
  expect(distance(predict(loaded, tf.ones([1, 3])), predict(saved, tf.ones([1, 3])))).toBe(0);
  expect(loaded.getUserDefinedMetadata()).toEqual({step: 1});
  expect(loaded.optimizer.iterations).toBe(1);
});

test('refuses what is no saved model, and names the file', async () => {
  const broken = async (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return tf.loadLayersModel(`file://${join(folder, name)}`);
  };
  if (tf.getBackend() === 'tensorflow') return; // tfjs-node reads the files itself
  await expect(broken('text.json', 'no json')).rejects.toThrow(
    /Expected .*text.json to be the model.json of a saved model, but it is no JSON/,
  );
  await expect(broken('other.json', '{"a": 1}')).rejects.toThrow(
    /other.json .* it has no topology or no weights manifest/,
  );
  await expect(tf.loadLayersModel(`file://${folder}/missing.json`)).rejects.toThrow(/ENOENT.*missing.json/);
});

test('refuses weights that are cut short', async () => {
  await model().save(`file://${folder}/short`);
  const file = join(folder, 'short/weights.bin');
  writeFileSync(file, readFileSync(file).subarray(0, 20));
  await expect(tf.loadLayersModel(`file://${folder}/short/model.json`)).rejects.toThrow(
    tf.getBackend() === 'tensorflow' ? '' : /weights.bin" is damaged: expected \d+ bytes, got 20/,
  );
});

test('takes URLs and folders as `files` does', async () => {
  if (tf.getBackend() === 'tensorflow') return; // tfjs-node reads the files itself
  const url = pathToFileURL(join(folder, 'ü and #')).href;
  await model().save(url);
  await model().save(url);
  for (const place of [url, `${url}/model.json`, url.replace('file://', 'file://localhost')]) {
    const loaded = await tf.loadLayersModel(place);
    expect(loaded.layers.map(({name}) => name)).toEqual(['d']);
    loaded.dispose();
  }
});

test('may be called again', () => {
  registerFileUrls();
  registerFileUrls();
  expect(tf.io.getSaveHandlers('file://x')).toHaveLength(1);
  expect(tf.io.getLoadHandlers('file://x')).toHaveLength(1);
});
