import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs';
import {programOf} from '../../src/runtime/emit/step.js';
import {startMachine} from '../../src/runtime/machine.js';
import {expectPredicted} from './against-predict.js';
import {allowRelaxedSimd} from '../support/relaxed-simd.js';
import {modelOf} from '../support/random-architecture.js';
import {knownRecipes} from './known-recipes.js';

// tf.js warns of states that it saves all the same.
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

const needs = (bytes: number) => ({bytes, isRare: false});
const machines = ['SIMD', 'JavaScript'] as const;

test.each([
  ['knows no SIMD', new WebAssembly.CompileError('invalid opcode')],
  ['forbids to compile', new EvalError('refused by the policy of the page')],
])('JavaScript takes over where the machine %s', async (_, error) => {
  jest.spyOn(WebAssembly, 'instantiate').mockRejectedValueOnce(error);
  expect((await startMachine(needs(100), machines)).kind).toBe('JavaScript');
  jest.restoreAllMocks();
  expect((await startMachine(needs(100), machines)).kind).toBe('SIMD');
});

test('nothing is made at once, which Chromium before version 115 refuses in a page', async () => {
  jest.spyOn(WebAssembly, 'Instance').mockImplementation(() => {
    throw new RangeError('WebAssembly.Instance is disallowed on the main thread');
  });
  expect((await startMachine(needs(100), machines)).kind).toBe('SIMD');
});

test('any other error is not taken for a machine without SIMD', async () => {
  jest.spyOn(WebAssembly, 'instantiate').mockRejectedValueOnce(new TypeError('a mistake of ours'));
  await expect(startMachine(needs(100), machines)).rejects.toThrow('a mistake of ours');
});

test('nothing outside of its memory is read or written in JavaScript', async () => {
  const machine = await startMachine(needs(64), ['JavaScript']);
  new Int32Array(machine.memory).set(programOf([{kernel: 'clear', numbers: [52, 16]}]));
  expect(() => machine.run(0, 16)).toThrow('Expected an address in the memory of the program, got 64');
});

const knowsRelaxed = async () => (await startMachine(needs(64))).kind === 'relaxed SIMD';

test('fused products compute the same within rounding, where the machine has them', async () => {
  const undo = allowRelaxedSimd();
  try {
    expect(await knowsRelaxed()).toBe(true);
    const property = fc.asyncProperty(knownRecipes, async recipe => {
      const model = modelOf(recipe);
      await expectPredicted(model, {batch: 2, tolerance: 5e-4, machines: ['relaxed SIMD']});
      tf.dispose(model.weights.map(weight => weight.read()));
    });
    await fc.assert(property, {numRuns: 30, seed: 2});
  } finally {
    undo();
  }
});
