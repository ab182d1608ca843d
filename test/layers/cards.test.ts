import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {build} from 'esbuild';
import {cardOf} from '../../src/layers/cards/card-of.js';
import {channelCardOf} from '../../src/layers/cards/channel-card-of.js';
import {passCardOf} from '../../src/layers/cards/pass-card-of.js';
import {layersWithin} from '../../src/layers/inner-layers.js';
import {fieldsOf, isLayer, isVariable, type Layer} from '../../src/tfjs-internals.js';
import {EVERY_LAYER, modelOf, NEVER_RUN} from '../support/every-layer.js';

const byClass = new Map<string, Layer[]>();

beforeAll(() => {
  jest.spyOn(console, 'warn').mockReturnValue(undefined); // tf.js says that it ignores `unroll`
  const layers = EVERY_LAYER.flatMap(row => layersWithin(modelOf(row)));
  for (const layer of [...layers, ...Object.values(NEVER_RUN).map(make => make())]) {
    byClass.set(layer.getClassName(), [...(byClass.get(layer.getClassName()) ?? []), layer]);
  }
});

/** What a card says of a layer that the layer itself has not. */
function untrue(layer: Layer): string[] {
  const card = {...cardOf(layer), ...passCardOf(layer)};
  const fields = fieldsOf(layer);
  const wrong = (names: readonly string[] | undefined, isRight: (field: unknown) => boolean) =>
    (names ?? []).filter(name => !isRight(fields[name])).map(name => `${layer.getClassName()}.${name}`);
  const config = layer.getConfig();
  return [
    ...wrong(
      card.prunableWeights?.map(({field}) => field),
      isVariable,
    ),
    ...wrong(card.holds, held => [held].flat().length > 0 && [held].flat().every(isLayer)),
    ...wrong(card.noise, rate => typeof rate === 'number'),
    ...wrong(card.softmaxField ? [card.softmaxField] : [], softmax => typeof softmax === 'function'),
    ...wrong(card.isBatchNorm ? ['movingMean', 'movingVariance'] : [], isVariable),
    ...wrong(card.miswrites, value => value !== undefined),
    ...(card.miswrites ?? []).filter(name => JSON.stringify(config[name]) === JSON.stringify(fields[name] ?? 'none')),
  ];
}

test('what cards say of private fields and configurations is so, for each layer of tf.js', () => {
  expect([...byClass.values()].flat().flatMap(untrue)).toEqual([]);
});

test('all layers of tf.js have a channel rule, but for inputs, cells, and one that no channel reaches', () => {
  const without = [...byClass].filter(([, [layer]]) => !channelCardOf(layer!).channelRule).map(([name]) => name);
  const cells = ['GRUCell', 'LSTMCell', 'SimpleRNNCell', 'StackedRNNCells'];
  expect(without.sort()).toEqual(['CategoryEncoding', 'ConvLSTM2DCell', ...cells, 'InputLayer', 'Sequential'].sort());
});

test('a layer without a card is known for nothing', () => {
  class Unheard extends tf.layers.Layer {
    static className = 'UnheardOf';
  }
  expect(cardOf(new Unheard())).toEqual({});
  expect(channelCardOf(new Unheard())).toEqual({});
  expect(passCardOf(new Unheard())).toEqual({});
});

test('a page that trains does not load what only surgery and reports need', async () => {
  const entry =
    "export {prunable} from './src/layers/prunable.js'; export {cardOf} from './src/layers/cards/card-of.js'";
  const {outputFiles} = await build({
    stdin: {contents: entry, resolveDir: join(__dirname, '../..'), loader: 'ts'},
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    external: ['@tensorflow/*'],
  });
  const {text} = outputFiles[0]!;
  expect(text).toContain('depthwiseKernel'); // of the card
  expect(text).not.toMatch(/\.tie\(|\.intake\(|softmax"\s*,\s*\w+\.freeze|canDrop|channelRule|positions|returnsInput/);
});
