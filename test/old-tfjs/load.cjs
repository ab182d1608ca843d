// A page with an old tf.js: loads the models of files.json, and says how far their outputs are from those that they are
// to have, or what went wrong. It is run where that tf.js is installed, beside a bundle of tfjs-pruning/wire.
const {readFileSync} = require('node:fs');
const tf = require('@tensorflow/tfjs');
const {compressed} = require('./wire.cjs');

const bytesOf = text => Uint8Array.from(Buffer.from(text, 'base64'));

function handlerOf({artifacts, bytes}) {
  if (!artifacts) return compressed({load: () => bytesOf(bytes)});
  return {load: async () => ({...artifacts, weightData: bytesOf(bytes).buffer})};
}

async function distanceOf(file, input) {
  const model = await tf.loadLayersModel(handlerOf(file));
  const found = model.predict(tf.tensor(input.values, input.shape)).dataSync();
  return Math.max(...Array.from(found, (value, i) => Math.abs(value - file.output[i])));
}

async function load() {
  await tf.setBackend('cpu');
  const {files, input} = JSON.parse(readFileSync('files.json', 'utf8'));
  const said = {};
  for (const file of files) said[file.name] = await distanceOf(file, input).catch(error => error.message);
  console.log(JSON.stringify(said));
}

void load();
