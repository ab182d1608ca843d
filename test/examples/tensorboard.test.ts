import {main as otherCallbacks} from '../../examples/other-callbacks.js';

const onNative = process.env['TFJS_PRUNING_BACKEND'] === 'tensorflow' ? test : test.skip;
onNative('other-callbacks: TensorBoard (a part of tfjs-node: `npm run test:native` runs this)', async () => {
  jest.spyOn(console, 'log').mockImplementation();
  expect((await otherCallbacks(640)).summaries).toBeGreaterThan(0);
});
