import {withSeededRandom} from '../../src/study/seeded-random.js';

test('Math.random is seeded meanwhile, and its own again when all that overlap have ended', async () => {
  const own = Math.random;
  const ends: Record<string, () => void> = {};
  const begin = (text: string) =>
    withSeededRandom(text, () => new Promise<number>(resolve => (ends[text] = () => resolve(Math.random()))));
  const drawn = await withSeededRandom('first', () => Promise.resolve([Math.random(), Math.random()]));
  expect(await withSeededRandom('first', () => Promise.resolve([Math.random(), Math.random()]))).toEqual(drawn);
  expect(Math.random).toBe(own);
  const [first, second] = [begin('first'), begin('second')];
  ends['first']!();
  await first;
  expect(Math.random).not.toBe(own);
  ends['second']!();
  await second;
  expect(Math.random).toBe(own);
});
