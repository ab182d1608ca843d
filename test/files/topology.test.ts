import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {prunable} from 'tfjs-pruning';
import {expectTopology} from '../../src/files/topology.js';
import {modelOf, recipes} from '../support/random-architecture.js';

/** As tf.js writes layers; the tests take it apart. */
interface Layer {
  name?: unknown;
  class_name?: unknown;
  config?: unknown;
  inbound_nodes?: unknown;
}
interface Topology {
  class_name: string;
  config: {name: string; layers: Layer[]; input_layers?: unknown; output_layers?: unknown};
}

const topologyOf = (model: tf.LayersModel) => model.toJSON(null, false) as unknown as Topology;
const dense = (name: string, units = 3) => tf.layers.dense({name, units});

/** x -> a -> b -> c, with a stack `inner` that is used twice, and an LSTM that returns its states. */
function model(): tf.LayersModel {
  const x = tf.input({shape: [3], name: 'x'});
  const inner = tf.sequential({name: 'inner', layers: [tf.layers.dense({name: 'in', units: 3, inputShape: [3]})]});
  const a = dense('a').apply(x) as tf.SymbolicTensor;
  const b = inner.apply([dense('b').apply(inner.apply(a)) as tf.SymbolicTensor]) as tf.SymbolicTensor;
  const steps = tf.layers.repeatVector({name: 'steps', n: 2}).apply(b);
  const [, state] = tf.layers.lstm({name: 'lstm', units: 2, returnState: true}).apply(steps) as tf.SymbolicTensor[];
  return tf.model({name: 'outer', inputs: x, outputs: dense('c').apply(state!) as tf.SymbolicTensor});
}

/** A model around that one. */
function around(inside: tf.LayersModel): tf.LayersModel {
  const y = tf.input({shape: [3], name: 'y'});
  const middle = tf.model({name: 'middle', inputs: y, outputs: inside.apply(y) as tf.SymbolicTensor});
  return tf.sequential({name: 'stack', layers: [tf.layers.inputLayer({inputShape: [3], name: 'z'}), middle]});
}

const layer = ({config}: Topology, name: string) => config.layers.find(each => each.name === name)!;
const inputs = (topology: Topology, name: string, ...references: unknown[]) =>
  (layer(topology, name).inbound_nodes = [references]);

const FAULTS: [what: string, damage: (topology: Topology) => unknown, message: RegExp][] = [
  [
    'dangling',
    t => inputs(t, 'a', ['q', 0, 0, {}]),
    /layer "a" of model "outer" in f to name existing layers, got "q"/,
  ],
  [
    'constant of Keras',
    t => inputs(t, 'a', ['_CONSTANT_VALUE', 0, 0, {}]),
    /existing layers, got "_CONSTANT_VALUE"/,
  ],
  ['of Object', t => inputs(t, 'a', ['toString', 0, 0, {}]), /existing layers, got "toString"/],
  ['circle', t => inputs(t, 'a', ['b', 0, 0, {}]), /wait for each other's outputs: "inner", "a", "b", "inner"/],
  ['itself', t => inputs(t, 'a', ['a', 0, 0, {}]), /wait for each other's outputs: "a", "a"/],
  [
    'use',
    t => inputs(t, 'b', ['a', 1, 0, {}]),
    /layer "b" .* one of 1 uses of layer "a", got number 1 \(counted from 0\)/,
  ],
  ['use of a model', t => inputs(t, 'b', ['inner', 3, 0, {}]), /one of 3 uses of layer "inner", got number 3/],
  [
    'use negative',
    t => inputs(t, 'b', ['a', -1, 0, {}]),
    /inputs of layer "b" .* two whole numbers >= 0, got \["a",-1,0,\{\}\]/,
  ],
  ['use null', t => inputs(t, 'b', ['a', null, 0, {}]), /two whole numbers >= 0, got \["a",null,0/],
  ['output', t => inputs(t, 'b', ['a', 0, 1, {}]), /layer "b" .* one of 1 outputs of layer "a", got number 1/],
  ['output of a stack', t => inputs(t, 'b', ['inner', 1, 1, {}]), /one of 1 outputs of layer "inner", got number 1/],
  [
    'reference without a list',
    t => inputs(t, 'a', 'x', 0, 0),
    /inputs of layer "a" .* to be lists of a layer's name .* got "x"/,
  ],
  [
    'no inputs',
    t => delete layer(t, 'a').inbound_nodes,
    /layer "a" .* to list its inputs as inbound_nodes, got undefined/,
  ],
  ['no input for a layer', t => (layer(t, 'a').inbound_nodes = []), /one of 0 uses of layer "a"/],
  ['names', t => (layer(t, 'b').name = 'a'), /layers of different names in model "outer" in f, got "a" twice/],
  ['own names', t => ((layer(t, 'b').config as Layer).name = 'a'), /layers of different names .* got "a" twice/],
  ['no name', t => delete layer(t, 'b').name, /Expected layer \d of model "outer" in f to have a name/],
  [
    'name of Object',
    t => ((layer(t, 'c').config as Layer).name = '__proto__'),
    /tell from fields of objects, got "__proto__"/,
  ],
  [
    'no class',
    t => delete layer(t, 'a').class_name,
    /layer 1 of model "outer" in f, "a", .* class as class_name, got undefined/,
  ],
  ['no config', t => (layer(t, 'a').config = null), /"a", to have a configuration as its config, got null/],
  ['layer null', t => t.config.layers.push(null as never), /layer 7 of model "outer" in f to be an object, got null/],
  [
    'outputs',
    t => (t.config.output_layers = [['q', 0, 0]]),
    /the output_layers of model "outer" .* existing layers, got "q"/,
  ],
  ['use as output', t => (t.config.output_layers = [['c', 1, 0]]), /output_layers .* one of 1 uses of layer "c"/],
  ['output as output', t => (t.config.output_layers = [['c', 0, 1]]), /output_layers .* one of 1 outputs of layer "c"/],
  [
    'no outputs',
    t => (t.config.output_layers = []),
    /the output_layers of model "outer" in f to name layers, got \[\]/,
  ],
  [
    'inputs',
    t => (t.config.input_layers = [['q', 0, 0]]),
    /the input_layers of model "outer" .* existing layers, got "q"/,
  ],
  [
    'no list of inputs',
    t => delete t.config.input_layers,
    /the input_layers of model "outer" in f to name layers, got none/,
  ],
];

test.each(FAULTS)('refuses a topology with a fault: %s', (_, damage, message) => {
  const topology = topologyOf(model());
  expectTopology(topology, 'f');
  damage(topology);
  expect(() => expectTopology(topology, 'f')).toThrow(TypeError);
  expect(() => expectTopology(topology, 'f')).toThrow(message);
});

test.each(FAULTS)('... deep in other models, in camelCase, in the wrapper of Keras: %s', (_, damage, message) => {
  const topology = topologyOf(around(model()));
  const middle = topology.config.layers[1] as Topology;
  damage(layer(middle, 'outer') as unknown as Topology);
  expect(() => expectTopology({model_config: topology, keras_version: '2.15.0'}, 'f')).toThrow(message);
  const camel = JSON.parse(
    JSON.stringify(topology).replace(
      /(\w)_(name|nodes|layers|state)"/g,
      (_, a: string, b: string) => `${a}${b[0]!.toUpperCase()}${b.slice(1)}"`,
    ),
  ) as unknown;
  expect(() => expectTopology(camel, 'f')).toThrow(message);
});

test('refuses two layers of one name in a stack, and behind our wrappers, which go by the name of what they wrap', () => {
  const stack = topologyOf(
    tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [2], name: 'a'}), dense('b')]}),
  );
  (stack.config.layers[1]!.config as Layer).name = 'a';
  expect(() => expectTopology(stack, 'f')).toThrow(/layers of different names in model ".*" in f, got "a" twice/);
  const wrapped = topologyOf(prunable(model()));
  ((layer(wrapped, 'b').config as {layer: Layer}).layer.config as Layer).name = 'a';
  expect(() => expectTopology(wrapped, 'f')).toThrow(/got "a" twice/);
  const output = topologyOf(prunable(model()));
  inputs(output, 'b', ['a', 0, 1, {}]);
  expect(() => expectTopology(output, 'f')).toThrow(/one of 1 outputs of layer "a"/);
});

test.each([
  ['nothing of a model', {}],
  [
    'the uses of Keras 3',
    (t: Topology) => (layer(t, 'a').inbound_nodes = [{args: [{class_name: '__keras_tensor__'}], kwargs: {}}]),
  ],
  ['a single input of Keras 3', (t: Topology) => (t.config.input_layers = ['x', 0, 0])],
  [
    'several outputs of an unknown layer',
    (t: Topology) => {
      layer(t, 'a').class_name = 'Mine';
      inputs(t, 'b', ['a', 0, 5, {}]);
    },
  ],
  [
    'lists called layers that are none',
    (t: Topology) => ((layer(t, 'a').config as {layers: unknown}).layers = ['p', 'p']),
  ],
  ['a layer without a name in its config', (t: Topology) => delete (layer(t, 'a').config as Layer).name],
])('leaves alone what it does not know: %s', (_, change) => {
  const topology = typeof change === 'function' ? topologyOf(model()) : change;
  if (typeof change === 'function') change(topology as Topology);
  expect(() => expectTopology(topology, 'f')).not.toThrow();
});

test('takes the topologies of all models', () => {
  jest.spyOn(console, 'warn').mockImplementation(); // tf.js, of initial states
  fc.assert(
    fc.property(recipes, fc.boolean(), (recipe, wrap) => {
      const plain = modelOf(recipe);
      const whole = wrap ? prunable(plain) : plain;
      expectTopology(JSON.parse(JSON.stringify(whole.toJSON(null, false))), 'f');
      tf.disposeVariables();
    }),
    {numRuns: 25, seed: 1},
  );
});

test('of damaged topologies, what is not refused ends in a model or an error: nothing hangs', () => {
  const script = join(__dirname, '../support/damaged-topologies.ts');
  const printed = execFileSync(process.execPath, ['--import', 'tsx', script, '5', '8'], {
    timeout: 240_000,
    encoding: 'utf8',
  });
  const counts = JSON.parse(printed.trim().split('\n').at(-1)!) as Record<string, number>;
  expect(Object.keys(counts).sort()).toEqual(['built', 'refused', 'refused by tf.js']);
  expect(counts['refused']).toBeGreaterThan(20);
});
