import * as tf from '@tensorflow/tfjs';

/** Runs `body` and expects as many tensors afterwards as before; what it makes on purpose, it disposes. */
export async function expectNoLeak(body: () => Promise<void> | void): Promise<void> {
  const before = tf.memory().numTensors;
  await body();
  expect(tf.memory().numTensors).toBe(before);
}

/** The largest absolute difference between two tensors (or lists of them) of the same shapes. */
export function distance(a: tf.Tensor | tf.Tensor[], b: tf.Tensor | tf.Tensor[]): number {
  const [as, bs] = [[a].flat(), [b].flat()];
  expect(as.map(t => t.shape)).toEqual(bs.map(t => t.shape));
  return Math.max(...as.map((t, i) => tf.tidy(() => tf.max(tf.abs(tf.sub(t, bs[i]!))).dataSync()[0]!)));
}

/** A model's outputs for an input, in a list; the caller disposes them. */
export function predict(model: tf.LayersModel, x: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
  return [model.predict(x)].flat();
}

/** Saves a model to memory and loads it again, with its optimizer where asked. */
export async function saveAndLoad(model: tf.LayersModel, includeOptimizer = false): Promise<tf.LayersModel> {
  return tf.loadLayersModel(tf.io.fromMemory(await artifactsOf(model, includeOptimizer)));
}

/** What a model saves, after a round trip through JSON. */
export async function artifactsOf(model: tf.LayersModel, includeOptimizer = false): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler(artifacts => {
    saved = artifacts;
    return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
  });
  await model.save(handler, {includeOptimizer});
  const {weightData, ...json} = saved!;
  return {...(JSON.parse(JSON.stringify(json)) as tf.io.ModelArtifacts), weightData: weightData!};
}
