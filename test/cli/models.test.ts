import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {files, prunable, pruneOnce} from 'tfjs-pruning';
import {compressed} from 'tfjs-pruning/wire';
import {command as compare} from '../../src/cli/compare-command.js';
import {command as compress} from '../../src/cli/compress-command.js';
import {command as decompress} from '../../src/cli/decompress-command.js';
import {command as inspect} from '../../src/cli/inspect-command.js';
import {command as plot} from '../../src/cli/plot-command.js';
import {command as prune} from '../../src/cli/prune-command.js';
import {command as quantize} from '../../src/cli/quantize-command.js';
import {command as shrink} from '../../src/cli/shrink-command.js';
import {loadModel} from '../../src/cli/load-model.js';
import {randomInputs} from '../../src/cli/random-inputs.js';
import {found, mistake, outcome, output} from './run-command.js';
import {net, newFolder, saved, twoByTwo} from './saved-nets.js';

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

const folder = newFolder();
const at = (name: string) => join(folder, name);
let model: string;
beforeAll(async () => {
  model = await saved(net(), at('net'));
  await saved(twoByTwo(), at('two'));
  const data = (name: string, value: unknown) => writeFileSync(at(name), JSON.stringify(value));
  const images = tf.randomNormal([6, 12, 12, 1], 0, 1, 'float32', 1);
  data('images.json', images.arraySync());
  data('classes.json', [0, 1, 2, 0, 1, 2]);
});

const kernelsOf = async (place: string) => {
  const loaded = await tf.loadLayersModel(files(place));
  return Object.fromEntries(loaded.weights.map(weight => [weight.originalName, [...weight.read().dataSync()]]));
};
const zerosIn = (values: readonly number[]) => values.filter(value => value === 0).length;
const predictionsOf = (loaded: tf.LayersModel) => [
  ...(loaded.predict(tf.randomNormal([5, 12, 12, 1], 0, 1, 'float32', 2)) as tf.Tensor).dataSync(),
];

describe('inspect', () => {
  test('tells costs, zeros and bytes of a folder, of its model.json and of a compressed file', async () => {
    await net().save(compressed(`file://${at('inspected.tfpr')}`, {bits: 8}));
    const text = await output(inspect, model, '--sizes');
    expect(text).toMatch(/^net, tf\.js, [\d,]+ bytes, [\d,]+ gzipped\nfrom \S+ \[12, 12, 1\]\nto {3}output \[3\]/);
    // 72 weights at 5x5 places, 864 at 2x2, and 144
    expect(text).toMatch(/total +1,103 +5,400 /);
    expect(text).toMatch(/total +1,103 +1,080 +0 +0\.0%/);
    expect(text).toContain('quantized, uint8');
    for (const [place, format] of [
      [model, 'tf.js'],
      [join(model, 'model.json'), 'tf.js'],
      [`file://${model}`, 'tf.js'],
      [at('inspected.tfpr'), 'compressed'],
    ] as const) {
      const report = await found(inspect, place);
      expect(report).toMatchObject({name: 'net', format, cost: {total: {parameters: 1103, multiplyAdds: 5400}}});
      expect(report).not.toHaveProperty('sizes');
    }
    const {bytes} = await found(inspect, at('inspected.tfpr'));
    expect(bytes).toBe(statSync(at('inspected.tfpr')).size);
  });

  test('a model that leaves sizes open costs what they make it cost; unknown figures are null', async () => {
    const open = tf.sequential({layers: [tf.layers.conv2d({filters: 2, kernelSize: 1, inputShape: [null, null, 3]})]});
    await saved(open, at('open'));
    expect(await found(inspect, at('open'))).toMatchObject({cost: {total: {multiplyAdds: null}}});
    const sized = await found(inspect, at('open'), '--input-shapes', '4x5x3');
    expect(sized).toMatchObject({cost: {total: {multiplyAdds: 4 * 5 * 6}}, sparsity: {total: {multiplyAdds: 120}}});
    expect(await mistake(inspect, at('open'), '--input-shapes', '4x5')).toContain(
      'Expected --input-shapes to hold sizes for the inputs',
    );
  });

  test('a model without weights is inspected, compared, plotted and shrunk, and no figure is NaN', async () => {
    const empty = await saved(
      tf.sequential({layers: [tf.layers.activation({activation: 'relu', inputShape: [4]})]}),
      at('empty'),
    );
    const cut = await outcome(shrink, empty, '--multiply-adds', '.5', '--out', at('empty-small'));
    expect(cut.exitCode).toBe(65);
    const texts = [
      cut.text,
      await output(inspect, empty, '--sizes'),
      await output(compare, empty, empty, '--runs', '1'),
      await output(plot, empty, '--out', at('empty.svg')),
      readFileSync(at('empty.svg'), 'utf8'),
    ];
    expect(texts.join('\n')).not.toMatch(/NaN|Infinity/);
  });

  test('weights that are not numbers are told', async () => {
    const broken = net();
    broken.getLayer('conv2').setWeights([tf.fill([3, 3, 8, 12], NaN), tf.zeros([12])]);
    await saved(broken, at('nan'));
    expect(await output(inspect, at('nan'), '--sizes')).toContain(
      'No sizes: Expected weight "conv2/kernel" to hold finite numbers',
    );
    expect(await mistake(compress, at('nan'), '--out', at('nan.tfpr'))).toContain('"conv2/kernel"');
    expect(await mistake(quantize, at('nan'), '--out', at('nan8'))).toContain('"conv2/kernel"');
    expect(await mistake(prune, at('nan'), '--sparsity', '.5', '--out', at('nan50'))).toContain('conv2');
    expect(['nan.tfpr', 'nan8', 'nan50'].filter(name => existsSync(at(name)))).toEqual([]);
  });
});

describe('prune', () => {
  test('leaves a plain model with exactly so many zeros in each kernel, the smallest ones', async () => {
    const {total, out} = await found(prune, model, '--sparsity', '0.75', '--out', at('pruned'));
    expect(out).toBe(at('pruned'));
    expect(total).toMatchObject({weights: 1080, zeros: 810});
    expect(readFileSync(join(at('pruned'), 'model.json'), 'utf8')).not.toContain('Prunable');
    const [before, after] = [await kernelsOf(model), await kernelsOf(at('pruned'))];
    for (const name of ['conv1/kernel', 'conv2/kernel', 'output/kernel']) {
      const sizes = before[name]!.map(Math.abs).sort((a, b) => a - b);
      const threshold = sizes[0.75 * sizes.length - 1]!;
      expect(after[name]).toEqual(before[name]!.map(value => (Math.abs(value) > threshold ? value : 0)));
    }
  });

  test('by structure, criterion, allocation and layers', async () => {
    await output(
      prune,
      model,
      '--sparsity',
      '.5',
      '--structure',
      'filters',
      '--layers',
      'conv1',
      '--out',
      at('filters'),
    );
    const {'conv1/kernel': conv1, 'conv2/kernel': conv2} = await kernelsOf(at('filters'));
    const filters = Array.from({length: 8}, (_, filter) => conv1!.filter((_, i) => i % 8 === filter));
    expect(filters.map(zerosIn).sort((a, b) => a - b)).toEqual([0, 0, 0, 0, 9, 9, 9, 9]);
    expect(zerosIn(conv2!)).toBe(0);
    await output(
      prune,
      model,
      '--sparsity',
      '.5',
      '--structure',
      '2:4',
      '--layers',
      '/^conv2$/',
      '--out',
      at('n-of-m'),
    );
    expect(zerosIn((await kernelsOf(at('n-of-m')))['conv2/kernel']!)).toBe(432);
    const seeded = async (seed: string) => {
      const out = at(`random-${seed}`);
      await output(prune, model, '--sparsity', '.5', '--criterion', 'random', '--seed', seed, '--out', out, '--force');
      return kernelsOf(out);
    };
    expect(await seeded('1')).toEqual(await seeded('1'));
    expect(await seeded('1')).not.toEqual(await seeded('2'));
    const global = await found(
      prune,
      model,
      '--sparsity',
      '.8',
      '--allocation',
      'globalRanking',
      '--out',
      at('global'),
    );
    const {layers, total} = global as {layers: {sparsity: number}[]; total: {zeros: number}};
    expect(total.zeros).toBe(864);
    const shares = layers.map(({sparsity}) => sparsity);
    expect(Math.max(...shares) - Math.min(...shares)).toBeGreaterThan(0.1); // rounding alone makes a hundredth
  });

  test('with data, criteria of inputs and of gradients choose', async () => {
    const data = ['--data', at('images.json')];
    const labels = ['--labels', at('classes.json'), '--loss', 'categoricalCrossentropy'];
    const zeros = async (name: string, ...more: string[]) => {
      const {total} = await found(prune, model, '--sparsity', '.5', '--criterion', name, '--out', at(name), ...more);
      return (total as {zeros: number}).zeros;
    };
    expect(await zeros('wanda', ...data)).toBe(540);
    expect(await zeros('taylor', ...data, ...labels)).toBe(540);
    expect(await zeros('synFlow')).toBe(540);
    expect(await kernelsOf(at('wanda'))).not.toEqual(await kernelsOf(at('taylor')));
    // the same by the functions of the package
    const xs = tf.tensor4d(JSON.parse(readFileSync(at('images.json'), 'utf8')) as number[][][][]);
    const ys = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'), 3).toFloat();
    const {taylor} = await import('tfjs-pruning');
    const wrapped = prunable(net());
    await pruneOnce(wrapped, {sparsity: 0.5, criterion: taylor(), data: {xs, ys}, loss: 'categoricalCrossentropy'});
    const [kernel] = wrapped.getLayer('conv1').getWeights();
    const unsigned = (values: Iterable<number>) => Array.from(values, value => value + 0); // 0 for -0
    expect(unsigned((await kernelsOf(at('taylor')))['conv1/kernel']!)).toEqual(unsigned(kernel!.dataSync()));
  });

  test('a sparsity that whole groups miss is told by the exit code', async () => {
    const pruned = (sparsity: string) =>
      outcome(
        prune,
        model,
        '--sparsity',
        sparsity,
        '--structure',
        'filters',
        '--layers',
        'conv1',
        '--out',
        at(sparsity),
      );
    expect((await pruned('0.625')).exitCode).toBe(0);
    expect((await pruned('0.88')).exitCode).toBe(0); // 7 of 8 are 0.875
    expect((await pruned('0.8')).exitCode).toBe(65); // 6 of 8 are 0.75
    expect(zerosIn((await kernelsOf(at('0.8')))['conv1/kernel']!)).toBe(6 * 9);
    expect(warnings.mock.lastCall).toEqual([
      'prune: 75.0% of the weights are zero instead of 80.0%; a sparsity is one of groups (--structure filters), ' +
        'which go as a whole.',
    ]);
  });

  test('refuses what it can not do, before it does anything', async () => {
    const wrong = (...args: string[]) => mistake(prune, model, ...args, '--out', at('never'));
    expect(await wrong()).toContain('Expected --sparsity, the fraction of zeros');
    expect(await wrong('--sparsity', '1')).toContain('Expected `--sparsity` to be a number in [0, 1), got 1');
    expect(await wrong('--sparsity', 'half')).toBe('Expected --sparsity to be a number, got "half"');
    const half = (...args: string[]) => wrong('--sparsity', '.5', ...args);
    expect(await half('--structure', 'filter')).toContain('to be one of weights, filters, channels');
    expect(await half('--structure', '4:2')).toContain('to be smaller than m = 2');
    expect(await half('--criterion', 'size')).toContain('Expected --criterion to be one of averagePercentageOfZeros');
    expect(await half('--criterion', 'constructor')).toContain('Expected --criterion to be one of');
    expect(await half('--criterion', 'wanda')).toContain(
      '--criterion wanda sees the inputs that layers see: it needs --data',
    );
    expect(await half('--labels', at('classes.json'))).toBe('--labels needs --data');
    expect(await half('--seed', '3')).toBe('--seed needs --criterion random');
    expect(await half('--data', at('images.json'))).toContain('--criterion magnitude sees no examples');
    const wanda = ['--criterion', 'wanda', '--data', at('images.json')];
    expect(await half(...wanda, '--loss', 'meanSquaredError')).toContain('--loss is for criteria of gradients');
    expect(await half(...wanda, '--batch-size', '0')).toContain('a whole number >= 1, got 0');
    const data = ['--criterion', 'snip', '--data', at('images.json')];
    expect(await half(...data)).toBe('--criterion snip sees gradients: it needs --labels FILE');
    expect(await half(...data, '--labels', at('classes.json'))).toContain('The model has no loss of its own');
    expect(await half(...data, '--labels', at('classes.json'), '--loss', 'no')).toContain('no');
    expect(await half('--layers', 'conv9')).toMatch(/^Expected --layers to .*"conv9"/);
    expect(await half('--layers', '/(/')).toContain('Invalid regular expression');
    expect(await half('--spam')).toContain("Unknown option '--spam'");
    expect(existsSync(at('never'))).toBe(false);
  });
});

describe('shrink', () => {
  test('cuts channels out, to the fraction of multiply-adds that is asked for', async () => {
    const text = await output(shrink, model, '--multiply-adds', '0.5', '--round-to', '2', '--out', at('small'));
    expect(text).toMatch(/multiply-adds: [\d,]+ of 5,400 left/);
    const small = await tf.loadLayersModel(files(at('small')));
    const [filters] = small
      .getLayer('conv1')
      .getWeights()
      .map(({shape}) => shape.at(-1)!);
    expect(filters! % 2).toBe(0);
    const {before, after} = await found(shrink, model, '--parameters', '.4', '--out', at('small'), '--force');
    expect((before as {parameters: number}).parameters).toBe(1103);
    expect((after as {parameters: number}).parameters).toBeLessThanOrEqual(0.4 * 1103);
  });

  test('a target that is missed is told by the exit code, and what is left is saved', async () => {
    const args = ['--multiply-adds', '.3', '--layers', 'conv1', '--min-kept', '3', '--out', at('nearest')];
    const {exitCode, text} = await outcome(shrink, model, ...args);
    expect(exitCode).toBe(65);
    expect(text).toMatch(/missed: 39\.2% of the multiply-adds are left instead of 30\.0%/);
    expect(text).toMatch(/^conv1 +are held by --min-kept 3 +8 +3 +62\.5%$/m);
    const [kernel] = (await tf.loadLayersModel(files(at('nearest')))).getLayer('conv1').getWeights();
    expect(kernel!.shape).toEqual([3, 3, 1, 3]);
  });

  test('without a target it cuts out what zeros have left unused, and no output changes', async () => {
    await output(prune, model, '--sparsity', '.5', '--structure', 'coupledChannels', '--out', at('coupled'));
    await output(shrink, at('coupled'), '--out', at('cut'));
    const [coupled, cut] = [await tf.loadLayersModel(files(at('coupled'))), await tf.loadLayersModel(files(at('cut')))];
    expect(cut.countParams()).toBeLessThan(0.5 * coupled.countParams());
    predictionsOf(cut).forEach((value, i) => expect(value).toBeCloseTo(predictionsOf(coupled)[i]!, 5));
    expect(await mistake(shrink, model, '--round-to', '4', '--out', at('never'))).toContain(
      '--round-to needs a target',
    );
    expect(await mistake(shrink, model, '--multiply-adds', '50', '--out', at('never'))).toContain('a number in (0, 1)');
    expect(existsSync(at('never'))).toBe(false);
  });
});

test.each([
  ['prune', prune, ['--sparsity', '.6']],
  ['shrink', shrink, ['--multiply-adds', '.5']],
] as const)('%s --reconstruct fits what stays to examples', async (name, command, rule) => {
  const examples = tf.randomNormal([64, 12, 12, 1], 0, 1, 'float32', 3);
  writeFileSync(at('many.json'), JSON.stringify(examples.arraySync()));
  const logitsOf = async (place: string) => {
    const loaded = await tf.loadLayersModel(files(place));
    return tf.log(loaded.predict(examples) as tf.Tensor);
  };
  await output(command, model, ...rule, '--out', at(`${name}-cut`));
  await output(command, model, ...rule, '--reconstruct', at('many.json'), '--out', at(`${name}-fitted`));
  const [dense, cut, fitted] = [
    await logitsOf(model),
    await logitsOf(at(`${name}-cut`)),
    await logitsOf(at(`${name}-fitted`)),
  ];
  const error = (logits: tf.Tensor) => tf.losses.meanSquaredError(dense, logits).dataSync()[0]!;
  expect(error(fitted)).toBeLessThan(0.7 * error(cut));
  expect(await mistake(command, model, ...rule, '--reconstruct', at('classes.json'), '--out', at('never'))).toContain(
    'to have the shape [examples, 12, 12, 1]',
  );
});

test('--reconstruct of shrink needs a target', async () => {
  expect(await mistake(shrink, model, '--reconstruct', at('images.json'), '--out', at('never'))).toContain(
    '--reconstruct needs a target',
  );
});

describe('files', () => {
  test('quantize writes what tf.js reads by itself', async () => {
    const {weightBytes} = await found(quantize, model, '--dtype', 'uint8', '--out', at('uint8'));
    expect(weightBytes).toBe(1080 + 4 * 23); // and biases in float32
    const loaded = await tf.loadLayersModel(files(at('uint8')));
    predictionsOf(loaded).forEach((value, i) => expect(value).toBeCloseTo(predictionsOf(net())[i]!, 1));
    expect(await found(quantize, model, '--dtype', 'float16', '--layers', 'conv2', '--out', at('f16'))).toMatchObject({
      weightBytes: 2 * 864 + 4 * (72 + 144 + 23),
    });
    expect(await mistake(quantize, model, '--dtype', 'int8', '--out', at('never'))).toContain('uint8, uint16, float16');
  });

  test('compress and decompress lose nothing more than the grid', async () => {
    const args = ['--bits', '4', '--others', 'float16'];
    const {bytes} = await found(compress, model, ...args, '--out', at('net.tfpr'));
    expect(bytes).toBe(statSync(at('net.tfpr')).size);
    await output(decompress, at('net.tfpr'), '--out', at('unpacked'));
    const direct = await tf.loadLayersModel(compressed(`file://${at('net.tfpr')}`));
    expect(predictionsOf(await tf.loadLayersModel(files(at('unpacked'))))).toEqual(predictionsOf(direct));
    await output(compress, at('unpacked'), '--out', at('again.tfpr'));
    const again = await tf.loadLayersModel(compressed(`file://${at('again.tfpr')}`));
    expect(predictionsOf(again)).toEqual(predictionsOf(direct));
    expect(await mistake(compress, model, '--bits', '4', '--levels', '7', '--out', at('no.tfpr'))).toContain(
      'got both',
    );
    expect(await mistake(compress, model, '--bits', '1', '--out', at('no.tfpr'))).toContain('from 2 to 16');
    expect(await mistake(compress, model, '--layers', 'conv9', '--out', at('no.tfpr'))).toContain(
      'Expected --layers to name layers with kernels, "conv1", "conv2"',
    );
    expect(await mistake(decompress, model, '--out', at('never'))).toContain('is no compressed file');
  });

  test('compress --stock writes what tf.js reads by itself, smaller gzipped the fewer the bits', async () => {
    const sizes = async (bits: string, ...more: string[]) => {
      const out = at(`stock${bits}`);
      return found<{bytes: number; gzippedBytes: number}>(
        compress,
        model,
        '--stock',
        '--bits',
        bits,
        '--out',
        out,
        ...more,
      );
    };
    const [four, eight] = [await sizes('4', '--others', 'float16'), await sizes('8', '--others', 'float16')];
    expect(four.gzippedBytes).toBeLessThan(0.8 * eight.gzippedBytes);
    expect(eight.gzippedBytes).toBeLessThan(eight.bytes);
    const {weightSpecs} = await files(at('stock4')).load();
    expect(weightSpecs!.map(({quantization}) => quantization!.dtype)).toContain('uint8');
    const [kernel] = (await tf.loadLayersModel(files(at('stock4')))).getLayer('conv2').getWeights();
    expect(new Set(kernel!.dataSync()).size).toBeLessThanOrEqual(15);
    expect(await output(compress, model, '--stock', '--out', at('stock'))).toMatch(
      /^saved to \S+: [\d,]+ bytes, [\d,]+ gzipped, of [\d,]+\n$/,
    );
    expect(await mistake(compress, model, '--stock', '--per-tensor', '--out', at('never'))).toContain('no effect');
    expect(await mistake(compress, model, '--stock', '--out', at('stock'))).toContain('is there already');
    expect(await mistake(compress, model, '--stock', '--out', at('x.tfpr'))).toContain('without --stock');
  });

  test('nothing is replaced without --force, and with it the whole', async () => {
    mkdirSync(at('mine'));
    writeFileSync(join(at('mine'), 'notes.txt'), 'mine');
    writeFileSync(at('mine.tfpr'), 'mine');
    const zeros = (...more: string[]) => ['--sparsity', '.5', '--out', at('mine'), ...more];
    expect(await mistake(prune, model, ...zeros())).toContain('is there already; --force replaces it');
    expect(readdirSync(at('mine'))).toEqual(['notes.txt']);
    await output(prune, model, ...zeros('--force'));
    expect(readdirSync(at('mine')).sort()).toEqual(['model.json', 'notes.txt', 'weights.bin']);
    expect(await mistake(compress, model, '--out', at('mine.tfpr'))).toContain('is there already');
    expect(readFileSync(at('mine.tfpr'), 'utf8')).toBe('mine');
    await output(compress, model, '--out', at('mine.tfpr'), '--force');
    expect(statSync(at('mine.tfpr')).size).toBeGreaterThan(500);
    // in its own place
    await saved(net(2), at('self'));
    await output(prune, at('self'), '--sparsity', '.5', '--out', at('self'), '--force');
    expect(zerosIn((await kernelsOf(at('self')))['conv2/kernel']!)).toBe(432);
    expect(readdirSync(at('self')).sort()).toEqual(['model.json', 'weights.bin']);
  });

  test('--out must be a place of the right kind', async () => {
    mkdirSync(at('folder'));
    writeFileSync(at('plain'), '');
    const sparse = ['--sparsity', '.5'];
    expect(await mistake(prune, model, ...sparse)).toContain('Expected --out FOLDER');
    expect(await mistake(prune, model, ...sparse, '--out', '')).toContain('Expected --out FOLDER');
    expect(await mistake(prune, model, ...sparse, '--out', at('x.tfpr'))).toContain('to be a folder');
    expect(await mistake(prune, model, ...sparse, '--out', at('plain'), '--force')).toContain('is a file');
    expect(await mistake(prune, model, ...sparse, '--out', 'https://host/x')).toContain(
      'Expected --out to be the path of a folder, got "https://host/x"',
    );
    expect(await mistake(compress, model, '--out', 'file://')).toContain('Expected the path of a file after file://');
    expect(await mistake(compress, model, '--out', at('folder'), '--force')).toContain('is a folder');
    expect(await mistake(compress, model, '--out', '/dev/null', '--force')).toContain('is a device');
    expect(await mistake(plot, model, '--out', at('plot.png'))).toContain('.svg or .html');
  });

  test('a save that fails leaves what was there', async () => {
    const error: unknown = await compress([model, '--out', join(at('plain'), 'x.tfpr'), '--backend', 'wasm']).catch(
      (thrown: unknown) => thrown,
    );
    expect((error as Error).message).toContain('Could not save');
    expect(readFileSync(at('plain'), 'utf8')).toBe('');
  });
});

describe('compare', () => {
  test('a model with itself is no different, and with a quantized one a little', async () => {
    const same = await found(compare, model, model, '--runs', '0');
    expect(same).toMatchObject({examples: 64, outputs: [{output: 'output', largest: 0, mean: 0, agreement: 1}]});
    await output(compress, model, '--bits', '3', '--out', at('three.tfpr'));
    const {outputs, models} = await found<Compared>(
      compare,
      model,
      at('three.tfpr'),
      '--examples',
      '10',
      '--runs',
      '2',
    );
    const [x, a, b] = await threeBits();
    const apart = a.map((value, i) => Math.abs(value - b[i]!));
    expect(outputs[0]!.largest).toBeCloseTo(Math.max(...apart), 5);
    expect(outputs[0]!.mean).toBeCloseTo(apart.reduce((sum, value) => sum + value, 0) / apart.length, 6);
    expect(x.shape).toEqual([10, 12, 12, 1]);
    expect(models[1]!.bytes).toBe(statSync(at('three.tfpr')).size);
    const text = await output(compare, model, at('three.tfpr'), '--runs', '2');
    expect(text).toMatch(/output +\d\.\d+ +\d\.\d+ +\d\.\d+ +\d+\.\d%/);
    expect(text).toMatch(/three\.tfpr +\S+ +1 /);
  });

  async function threeBits() {
    const x = randomInputs(net(), [[12, 12, 1]], 10, 1)[0]!;
    const predict = (loaded: tf.LayersModel) => [...(loaded.predict(x) as tf.Tensor).dataSync()];
    return [x, predict(net()), predict(await tf.loadLayersModel(compressed(`file://${at('three.tfpr')}`)))] as const;
  }

  test('with labels, tells how accurate both are', async () => {
    const labels = ['--data', at('images.json'), '--labels', at('classes.json')];
    const {models, examples} = await found<Compared>(compare, model, at('net.tfpr'), ...labels, '--runs', '0');
    expect(examples).toBe(6);
    const images = tf.tensor4d(JSON.parse(readFileSync(at('images.json'), 'utf8')) as number[][][][]);
    const guesses = (net().predict(images) as tf.Tensor).argMax(-1).dataSync();
    expect(models[0]!.accuracy).toBeCloseTo(
      [0, 1, 2, 0, 1, 2].filter((label, i) => guesses[i] === label).length / 6,
      6,
    );
  });

  test('several inputs and outputs: by name, or at random', async () => {
    const {outputs} = await found<Compared>(compare, at('two'), at('two'), '--runs', '1');
    expect(outputs.map(({output: name, agreement}) => [name, agreement])).toEqual([
      ['sum', null],
      ['kind', 1],
    ]);
    writeFileSync(at('two.json'), JSON.stringify({left: [[1, 2, 3]], right: [[4, 5]]}));
    expect(await found(compare, at('two'), at('two'), '--data', at('two.json'), '--runs', '0')).toMatchObject({
      examples: 1,
    });
    writeFileSync(at('left.json'), JSON.stringify({left: [[1, 2, 3]]}));
    const wrong = (file: string) => mistake(compare, at('two'), at('two'), '--data', file);
    expect(await wrong(at('left.json'))).toContain('an array called "right", got left');
    expect(await wrong(at('images.json'))).toContain('to hold 2 arrays with names');
    expect(await mistake(compare, model, model, '--data', at('classes.json'))).toContain(
      '[examples, 12, 12, 1], got [6]',
    );
    const labels = (file: string) => mistake(compare, model, model, '--data', at('images.json'), '--labels', at(file));
    expect(await labels('images.json')).toContain('Expected labels for "output" of the shape [examples, 3]');
    writeFileSync(at('five.json'), '[0, 1, 2, 1, 0]');
    writeFileSync(at('four.json'), '[0, 1, 2, 3, 0, 1]');
    expect(await labels('five.json')).toContain('as many labels as examples');
    expect(await labels('four.json')).toContain('to be classes from 0 to 2, got 3');
    expect(await mistake(compare, model, at('two'))).toContain('Expected models of the same inputs and outputs');
    expect(await mistake(compare, model)).toContain('Expected two MODELs');
    expect(await mistake(compare, model, model, '--data', at('images.json'), '--seed', '2')).toContain(
      'for random inputs',
    );
  });

  test('an embedding is given entries that it has', async () => {
    const embedding = tf.layers.embedding({inputDim: 50, outputDim: 4, inputLength: 6, name: 'words'});
    await saved(tf.sequential({layers: [embedding, tf.layers.flatten(), tf.layers.dense({units: 2})]}), at('words'));
    const {outputs} = await found<Compared>(compare, at('words'), at('words'), '--runs', '0');
    expect(outputs[0]).toMatchObject({largest: 0});
    const {model: words} = await loadModel(at('words'));
    const drawn = randomInputs(words, [[6]], 100, 1)[0]!.dataSync();
    expect(new Set(drawn)).toEqual(new Set(Array.from({length: 50}, (_, entry) => entry)));
  });

  test.each([0, 1, 2])('a seed determines the inputs: %p', seed => {
    const drawn = (by: number) => {
      const image = tf.layers.inputLayer({inputShape: [2, 2, 1]});
      return randomInputs(tf.sequential({layers: [image, tf.layers.flatten()]}), [[2, 2, 1]], 50, by)[0]!.dataSync();
    };
    expect(drawn(seed)).toEqual(drawn(seed));
    expect(drawn(seed)).not.toEqual(drawn(seed + 1));
  });

  interface Compared {
    readonly examples: number;
    readonly models: readonly {bytes: number; accuracy: number}[];
    readonly outputs: readonly {
      output: string;
      largest: number;
      mean: number;
      size: number;
      agreement: number | null;
    }[];
  }
});

test('plot draws a bar for each layer, as SVG and as a page', async () => {
  await output(prune, model, '--sparsity', '.75', '--out', at('plotted'));
  await output(plot, at('plotted'), '--out', at('zeros.svg'));
  const svg = readFileSync(at('zeros.svg'), 'utf8');
  expect(svg).toMatch(/^<svg xmlns/);
  expect(svg.match(/class="zeros"[^>]* width="270"/g)).toHaveLength(3); // three quarters of 360
  expect(svg).toContain('plotted: 75.0% of 1,080 weights are zero');
  expect(await output(plot, at('plotted'), '--out', at('zeros.html'))).toBe(`saved to ${at('zeros.html')}\n`);
  const page = readFileSync(at('zeros.html'), 'utf8');
  expect(page).toContain('<svg');
  expect(page).toContain('<td>conv2</td><td>Conv2D</td><td>876</td><td>864</td><td>648</td><td>75.0%</td>');
  expect(page).not.toMatch(/<script|<link|src=/);
});
