import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {withChildren} from '../../examples/benchmarks/support/killed-training.js';

const folder = mkdtempSync(join(tmpdir(), 'kills-'));
afterAll(() => rmSync(folder, {recursive: true}));

test('processes that are killed, between steps and within a save, and the last one that comes to its end', async () => {
  const order = {callback: 'RigL', optimizer: 'adam', place: `file://${folder}/one`, every: 2} as const;
  await withChildren(async run => {
    const whole = run({...order, place: `file://${folder}/whole`});
    expect(await run(order, {step: 7, delay: 0})).toEqual({});
    expect(readdirSync(join(folder, 'one'))).toContain('model.json');
    expect(await run({...order, dieAtOperation: 75})).toEqual({});
    const {digest} = await run(order);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(digest).toBe((await whole).digest);
  });
});
