import {fork} from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {files} from 'tfjs-pruning';
import {interceptFiles} from '../support/failing-files.js';
import {generation, namesIn, numberOf} from '../support/generations.js';

const newFolder = () => join(mkdtempSync(join(tmpdir(), 'tfjs-pruning-atomic-')), 'model');
const PLAIN = ['model.json', 'weights.bin'];
const saved = async (folder: string) => numberOf(await files(folder).load());

async function folderWith(number: number): Promise<string> {
  const folder = newFolder();
  await files(folder).save(generation(number));
  return folder;
}

test('each save leaves a model.json and weights.bin, which it names, and nothing else', async () => {
  const folder = newFolder();
  for (const number of [1, 2, 3]) {
    await files(folder).save(generation(number));
    expect(namesIn(folder)).toEqual(PLAIN);
    expect(readFileSync(join(folder, 'model.json'), 'utf8')).toContain('"paths":["./weights.bin"]');
    expect(await saved(folder)).toBe(number);
  }
});

test('where a file system knows no second names, the weights keep a name of their own', async () => {
  const folder = await folderWith(1);
  const release = interceptFiles((_, name) => {
    if (name === 'link') throw Object.assign(new Error('EPERM: made up'), {code: 'EPERM'});
  });
  for (const number of [2, 3]) {
    await files(folder).save(generation(number));
    expect(namesIn(folder)).toEqual(['model.json', 'weights.*.bin']);
    expect(await saved(folder)).toBe(number);
  }
  await release();
});

test('a save that ends while another one gives its weights their plain name stays', async () => {
  const folder = await folderWith(1);
  let renames = 0;
  const release = interceptFiles(async (_, name) => {
    if (name !== 'link' || renames++ > 0) return;
    await files(folder).save(generation(3));
  });
  await files(folder).save(generation(2));
  await release();
  expect(await saved(folder)).toBe(3);
  expect(namesIn(folder)).toEqual(['model.json', 'weights.*.bin']);
  await files(folder).save(generation(4));
  expect(namesIn(folder)).toEqual(PLAIN);
});

test('a process that stops at any call of the file system leaves the old model or the new one, whole', async () => {
  const found: number[] = [];
  for (let stop = 0, done = false; !done; stop++) {
    const folder = await folderWith(1);
    let stopped: () => void;
    const stop_ = new Promise<void>(resolve => (stopped = resolve));
    const release = interceptFiles(number => {
      if (number < stop) return;
      stopped();
      return new Promise(() => undefined);
    });
    done = await Promise.race([
      files(folder)
        .save(generation(2))
        .then(() => true),
      stop_.then(() => false),
    ]);
    await release();
    found.push(await saved(folder));
  }
  expect(found.length).toBeGreaterThan(15);
  expect(found).toEqual([...found].sort());
  expect([...new Set(found)]).toEqual([1, 2]);
});

test.each([undefined, 1])(
  'a full disk at any call leaves the model that was there (%s) or the new one',
  async before => {
    for (let failing = 0, last = false; !last; failing++) {
      const folder = before === undefined ? newFolder() : await folderWith(before);
      last = true;
      const release = interceptFiles(number => {
        if (number !== failing) return;
        last = false;
        throw Object.assign(new Error('ENOSPC: made up'), {code: 'ENOSPC'});
      });
      const error = await files(folder)
        .save(generation(2))
        .then(
          () => undefined,
          (reason: unknown) => String(reason),
        );
      await release();
      if (error === undefined) expect(await saved(folder)).toBe(2);
      else expect(error).toMatch(/Could not save the model to ".*": the disk is full.* \(ENOSPC\)/);
      if (error !== undefined && before === 1) expect(await saved(folder)).toBe(1);
      if (error !== undefined) expect(existsSync(folder) ? namesIn(folder) : []).toEqual(before === 1 ? PLAIN : []);
      await files(folder).save(generation(3));
      expect(await saved(folder)).toBe(3);
      expect(namesIn(folder)).toEqual(PLAIN);
    }
  },
);

test('saves at once: one of them is there, whole, and the next one leaves nothing else', async () => {
  for (const folder of [newFolder(), await folderWith(1)]) {
    await Promise.all([2, 3, 4, 5].map(number => files(folder).save(generation(number))));
    expect([2, 3, 4, 5]).toContain(await saved(folder));
    await files(folder).save(generation(6));
    expect(namesIn(folder)).toEqual(PLAIN);
  }
});

test('a save that another one overtakes goes on with its own weights', async () => {
  const folder = await folderWith(1);
  let overtaken = false;
  const release = interceptFiles(async (_, name) => {
    if (name !== 'rename' || overtaken) return;
    overtaken = true;
    await files(folder).save(generation(3));
    expect(await saved(folder)).toBe(3);
  });
  await files(folder).save(generation(2));
  await release();
  expect(await saved(folder)).toBe(2);
  expect(namesIn(folder)).toEqual(PLAIN);
});

test('a save of another machine, which can not be asked whether it goes on, has a day', async () => {
  const folder = await folderWith(1);
  const [mark, weights] = ['model.json.0123456789ab.1-00000000.tmp', 'weights.0123456789ab.bin'];
  for (const name of [mark, weights]) writeFileSync(join(folder, name), 'x');
  await files(folder).save(generation(2));
  expect(readdirSync(folder)).toEqual(expect.arrayContaining([mark, weights]));
  const twoDaysAgo = Date.now() / 1000 - 48 * 3600;
  utimesSync(join(folder, mark), twoDaysAgo, twoDaysAgo);
  await files(folder).save(generation(3));
  expect(namesIn(folder)).toEqual(PLAIN);
  expect(await saved(folder)).toBe(3);
});

test('beside another save the first one names its weights so that nobody else may take them away', async () => {
  const folder = newFolder();
  mkdirSync(folder);
  const mark = 'model.json.0123456789ab.1-00000000.tmp';
  writeFileSync(join(folder, mark), '');
  await files(folder).save(generation(1));
  expect(namesIn(folder)).toEqual(['model.json', mark.replace(/\.[0-9a-f]{12}\./, '.*.'), 'weights.*.bin']);
});

test('who loads while others save gets a whole model each time', async () => {
  const folder = await folderWith(1);
  const progress = {saving: true};
  const saves = (async () => {
    for (let number = 2; number < 20; number++) await files(folder).save(generation(number));
    progress.saving = false;
  })();
  while (progress.saving) expect(await saved(folder)).toBeGreaterThan(0);
  await saves;
});

test('two processes that save into one folder, killed at some moments, leave a whole model', async () => {
  const folder = newFolder();
  const script = join(__dirname, '../support/endless-saves.ts');
  for (const wait of [3, 11]) {
    const savers = [1, 2].map(() => fork(script, [folder], {execArgv: ['--import', 'tsx']}));
    await Promise.all(
      savers.map((saver, i) => {
        saver.on('message', number => {
          if (number === 3) setTimeout(() => saver.kill('SIGKILL'), wait + 5 * i);
        });
        return new Promise(resolve => saver.on('exit', resolve));
      }),
    );
    expect(await saved(folder)).toBeGreaterThan(0);
  }
  await files(folder).save(generation(1));
  expect(namesIn(folder)).toEqual(PLAIN);
});

test.each([
  ['EROFS', /the file system is read-only/],
  ['EACCES', /permission denied/],
  ['EMADEUP', /the system refused it/],
])('%s is told in words', async (code, words) => {
  const folder = await folderWith(1);
  const release = interceptFiles((_, name) => {
    if (name === 'open') throw Object.assign(new Error(code), {code});
  });
  await expect(files(folder).save(generation(2))).rejects.toThrow(words);
  await release();
  expect(await saved(folder)).toBe(1);
  expect(namesIn(folder)).toEqual(PLAIN);
});

test('what is in the way is named, and stays', async () => {
  const folder = newFolder();
  writeFileSync(folder, 'a file');
  await expect(files(folder).save(generation(1))).rejects.toThrow(/it is a file, not a folder.* \(EEXIST\)/);
  await expect(files(join(folder, 'inside')).save(generation(1))).rejects.toThrow(
    /it is a file, not a folder.* \(ENOTDIR\)/,
  );
  expect(readFileSync(folder, 'utf8')).toBe('a file');
  const other = newFolder();
  mkdirSync(join(other, 'model.json'), {recursive: true});
  await expect(files(other).save(generation(1))).rejects.toThrow(/it is a folder, not a file.* \(EISDIR\)/);
  expect(readdirSync(other)).toEqual(['model.json']);
});

test('a write-protected model is not replaced', async () => {
  const folder = await folderWith(1);
  chmodSync(join(folder, 'model.json'), 0o444);
  const release = interceptFiles((_, name) => {
    if (name === 'access') throw Object.assign(new Error('EACCES: as for those who are not root'), {code: 'EACCES'});
  });
  await expect(files(folder).save(generation(2))).rejects.toThrow(/permission denied.* \(EACCES\)/);
  await release();
  expect(await saved(folder)).toBe(1);
});

test('saving does not write through links', async () => {
  for (const name of ['model.json', 'weights.bin']) {
    const folder = newFolder();
    const elsewhere = join(folder, '../elsewhere');
    mkdirSync(folder);
    writeFileSync(elsewhere, 'not to be touched');
    symlinkSync(elsewhere, join(folder, name));
    await files(folder).save(generation(1));
    expect(readFileSync(elsewhere, 'utf8')).toBe('not to be touched');
    expect(await saved(folder)).toBe(1);
  }
});

test('files that a model.json names are only deleted if they are weights by their names', async () => {
  const folder = newFolder();
  mkdirSync(folder);
  for (const name of ['notes.txt', 'group1-shard1of1.bin']) writeFileSync(join(folder, name), 'x');
  const paths = ['notes.txt', './group1-shard1of1.bin', '../model', '/etc/passwd'];
  writeFileSync(join(folder, 'model.json'), JSON.stringify({weightsManifest: [{paths, weights: []}]}));
  await files(folder).save(generation(1));
  expect(namesIn(folder)).toEqual(['model.json', 'notes.txt', 'weights.bin']);
});

test('removes the model, and the folder if nothing else is in it', async () => {
  const folder = await folderWith(1);
  writeFileSync(join(folder, 'notes.txt'), 'x');
  await files(folder).remove();
  expect(readdirSync(folder)).toEqual(['notes.txt']);
  await files(join(folder, 'deep')).save(generation(1));
  await files(join(folder, 'deep/model.json')).remove();
  await files(join(folder, 'deep')).remove();
  expect(readdirSync(folder)).toEqual(['notes.txt']);
});
