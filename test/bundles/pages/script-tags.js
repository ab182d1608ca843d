/** A page of script tags alone: `tf` and `tfPruning` are globals. */
/* global tf, tfPruning */
const {FusedAdam, GradualPruning, oneShot, prunable, sparsityReport, startWasm, stripPruning} = tfPruning;

Object.defineProperty(navigator, 'hardwareConcurrency', {value: 4}); // tf.js takes half of them
const said = [];
for (const level of ['warn', 'error']) console[level] = (...words) => said.push(words.join(' '));

async function prune(optimizer) {
  const dense = tf.layers.dense({
    units: 2,
    inputShape: [2],
    useBias: false,
    weights: [
      tf.tensor2d([
        [3, 0.1],
        [0.2, 2],
      ]),
    ],
  });
  const model = prunable(tf.sequential({layers: [dense]}));
  model.compile({optimizer, loss: 'meanSquaredError'});
  const callbacks = [new GradualPruning({schedule: oneShot({targetSparsity: 0.5})})];
  await model.fit(tf.ones([4, 2]), tf.ones([4, 2]), {batchSize: 2, verbose: 0, callbacks});
  const {sparsity} = (await sparsityReport(model)).total;
  return {
    sparsity,
    outputs: Array.from(
      await stripPruning(model)
        .predict(tf.ones([1, 2]))
        .data(),
    ),
  };
}

async function run() {
  const started = await startWasm({paths: '/wasm/', threads: 2}).catch(error => error.message);
  if (tf.getBackend() !== 'wasm') await tf.setBackend('webgl');
  return {started, backend: tf.getBackend(), pruned: await prune(new FusedAdam(0)), said};
}

const post = message => fetch('/posted', {method: 'POST', body: JSON.stringify(message)});
run().then(
  result => post({result}),
  error => post({error: String(error.stack)}),
);
