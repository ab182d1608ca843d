/** A GraphModel can't be trained or pruned: gives its weights to a layers model, which can, or trains one on it. */
import * as tf from '@tensorflow/tfjs';
import {maskZeros, prunable, pruneOnce} from 'tfjs-pruning';
import {useFastestBackend} from 'tfjs-pruning/wasm';

/** What came of it. */
export interface Conversion {
  refusal: string;
  /** The largest difference between the answers of the GraphModel and those of the layers model. */
  difference: number;
  sparsity: number;
  onTop: number;
}

export async function main(): Promise<Conversion> {
  await useFastestBackend();
  const graph = await tf.loadGraphModel(tf.io.fromMemory(convertedModel())); // as from a URL
  const x = tf.randomNormal([5, 4], 0, 1, 'float32', 1);
  const refusal = messageOf(() => prunable(graph as never));

  // #region copy
  // Rebuild the architecture, with the names in `graph.weights`.
  const model = tf.sequential({
    layers: [
      tf.layers.dense({name: 'hidden', units: 8, activation: 'relu', inputShape: [4]}),
      tf.layers.dense({name: 'output', units: 3}),
    ],
  });
  for (const name of ['hidden', 'output']) {
    const [kernel, bias] = ['MatMul/ReadVariableOp', 'BiasAdd/ReadVariableOp'].map(
      weight => graph.weights[`${name}/${weight}`]![0]!,
    );
    model.getLayer(name).setWeights([kernel!, bias!]);
  }
  const [expected, answers] = [graph.predict(x) as tf.Tensor, model.predict(x) as tf.Tensor];
  const difference = tf.max(tf.abs(tf.sub(expected, answers))).dataSync()[0]!; // 0, or the rounding of fused kernels
  // #endregion

  // #region prune
  const wrapped = prunable(model);
  await maskZeros(wrapped); // if it was pruned in Python, zeros stay zero
  const {sparsity} = await pruneOnce(wrapped, {sparsity: 0.5}); // or GradualPruning in a fit
  // #endregion

  // #region on-top
  // Or keep the GraphModel, run it once over the data, and train and prune a head on its outputs.
  const features = graph.predict(x) as tf.Tensor;
  const head = prunable(tf.sequential({layers: [tf.layers.dense({name: 'head', units: 2, inputShape: [3]})]}));
  head.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  await head.fit(features, tf.ones([5, 2]), {epochs: 1, verbose: 0});
  const onTop = (await pruneOnce(head, {sparsity: 0.5})).sparsity;
  // #endregion
  console.log(`prunable says: ${refusal}`);
  console.log(`the layers model differs by ${difference.toExponential(1)}, and is pruned to ${sparsity}`);
  return {refusal, difference, sparsity, onTop};
}

function messageOf(action: () => unknown): string {
  try {
    action();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** What tensorflowjs_converter makes of a Keras model of two dense layers with --output_format=tfjs_graph_model. */
function convertedModel(): tf.io.ModelArtifacts {
  const shapes = {
    'hidden/MatMul/ReadVariableOp': [4, 8],
    'hidden/BiasAdd/ReadVariableOp': [8],
    'output/MatMul/ReadVariableOp': [8, 3],
    'output/BiasAdd/ReadVariableOp': [3],
  };
  const float = {type: 'DT_FLOAT'};
  const dense = (name: string, input: string) => [
    {name: `${name}/MatMul`, op: 'MatMul', input: [input, `${name}/MatMul/ReadVariableOp`], attr: {T: float}},
    {
      name: `${name}/BiasAdd`,
      op: 'BiasAdd',
      input: [`${name}/MatMul`, `${name}/BiasAdd/ReadVariableOp`],
      attr: {T: float},
    },
  ];
  const constants = Object.entries(shapes).map(([name, shape]) => {
    const tensorShape = {dim: shape.map(size => ({size: String(size)}))};
    return {name, op: 'Const', attr: {dtype: float, value: {tensor: {dtype: 'DT_FLOAT', tensorShape}}}};
  });
  const node = [
    {name: 'x', op: 'Placeholder', attr: {dtype: float, shape: {shape: {dim: [{size: '-1'}, {size: '4'}]}}}},
    ...constants,
    ...dense('hidden', 'x'),
    {name: 'hidden/Relu', op: 'Relu', input: ['hidden/BiasAdd'], attr: {T: float}},
    ...dense('output', 'hidden/Relu'),
  ];
  const values = tf.randomNormal([4 * 8 + 8 + 8 * 3 + 3], 0, 1, 'float32', 2).dataSync() as Float32Array;
  return {
    format: 'graph-model',
    modelTopology: {node, versions: {producer: 1}},
    weightSpecs: Object.entries(shapes).map(([name, shape]) => ({name, shape, dtype: 'float32' as const})),
    weightData: new Float32Array(values).buffer,
  };
}
