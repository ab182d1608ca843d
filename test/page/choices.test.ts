import {useFastestBackend} from 'tfjs-pruning/wasm';
import {METHODS, NETS, STRUCTURES, type Choices, type Method, type Structure} from '../../examples/page/choices.js';
import type {Report} from '../../examples/page/protocol.js';
import {cutLayers, cutOut} from '../../examples/page/training/surgery.js';
import {Gate} from '../../examples/page/training/gate.js';
import {trainTwins} from '../../examples/page/training/train-twins.js';
import {newTwins} from '../../examples/page/training/twins.js';

const SPARSITY = 0.8;

beforeAll(() => useFastestBackend({among: ['wasm']}));
afterEach(() => jest.restoreAllMocks());

const keys = <K extends string>(choices: Readonly<Record<K, object>>) => Object.keys(choices) as K[];
const structuresOf = (method: Method): Structure[] => (METHODS[method].anyStructure ? keys(STRUCTURES) : ['weights']);
const methods = keys(METHODS).flatMap(method => structuresOf(method).map(structure => ({method, structure})));
const everyMethod = methods.map(each => ({net: 'convolutional' as const, ...each}));
const everyNet = keys(NETS).flatMap(net =>
  keys(STRUCTURES).map(structure => ({net, method: 'gradual', structure}) as const),
);

test.each([...everyMethod, ...everyNet.slice(keys(STRUCTURES).length)])(
  '$net, $method, $structure: prunes as far as chosen, and says nothing else',
  async ({net, method, structure}) => {
    const warn = jest.spyOn(console, 'warn');
    const {twins, reports} = await trained({net, method, structure, sparsity: SPARSITY, epochs: 1});
    expect(warn).not.toHaveBeenCalled();

    const checkups = reports.filter(report => report.type === 'checkup');
    expect(checkups.length).toBeGreaterThan(0);
    const {dense, sparse} = checkups.at(-1)!;
    expect(dense.weightsLeft).toBe(dense.weights);
    expect(sparse.bytes).toBeLessThan(dense.bytes);
    // Channels take along what reads them; the weights of the last layer may stay.
    const zeros = 1 - sparse.weightsLeft / sparse.weights;
    if (STRUCTURES[structure].cuts) expect(zeros).toBeGreaterThan(SPARSITY - 0.05);
    else expect(zeros).toBeCloseTo(SPARSITY, 2);

    if (!STRUCTURES[structure].cuts) return;
    const layers = cutLayers(twins.dense, await cutOut(twins.sparse));
    for (const {channels} of layers.slice(0, -1)) expect(channels[1]).toBeLessThan(channels[0]);
    expect(layers.at(-1)!.channels).toEqual([10, 10]);
  },
);

test('a picture has a dot for each weight, blank for those that are pruned', async () => {
  const choices = {net: 'convolutional', method: 'snip', structure: 'weights', sparsity: SPARSITY, epochs: 1} as const;
  const {reports} = await trained(choices);
  const pictures = reports.filter(report => report.type === 'kernel').map(({picture}) => picture);
  for (const {ink, kept, weights, width, height} of pictures.slice(-4)) {
    expect(ink).toHaveLength(width * height);
    expect(ink.filter(value => value !== -128)).toHaveLength(weights);
    expect(ink.filter(value => value !== -128 && value !== 0)).toHaveLength(kept);
  }
});

/** Trains on noise: what is learned does not matter here. */
async function trained(choices: Choices) {
  const reports: Report[] = [];
  const twins = newTwins(choices.net);
  const noise = (count: number) => ({
    labels: Uint8Array.from({length: count}, (_, i) => i % 10),
    pixels: Uint8Array.from({length: count * 784}, (_, i) => (i * 7919) % 251),
  });
  const report = (message: Report) => void reports.push(message);
  await trainTwins({choices, twins, training: noise(256), test: noise(20), gate: new Gate(), report});
  return {twins, reports};
}
