// A page that has never heard of this library: loads the models of a folder with stock tf.js, and says how far their
// outputs are from those that they are to have. One JSON object on the last line: the name of each model, and a
// distance or what went wrong.
const {readdirSync, readFileSync} = require('node:fs');
const {join} = require('node:path');
const tf = require('@tensorflow/tfjs');

const tensor = ({shape, values}) => tf.tensor(values, shape);

async function distanceOf({artifacts, weights, inputs, outputs}) {
  const weightData = Uint8Array.from(Buffer.from(weights, 'base64')).buffer;
  const model = await tf.loadLayersModel(tf.io.fromMemory({...artifacts, weightData}));
  const actual = [model.predict(inputs.map(tensor))].flat();
  return Math.max(...outputs.map((output, i) => tf.max(tf.abs(tf.sub(actual[i], tensor(output)))).dataSync()[0]));
}

async function load(folder) {
  await tf.setBackend('cpu');
  const found = {};
  for (const file of readdirSync(folder)) {
    const saved = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    found[saved.name] = await distanceOf(saved).catch(error => error.message);
  }
  return found;
}

void load(process.argv[2]).then(found => console.log(JSON.stringify(found)));
