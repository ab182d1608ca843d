import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {main as makeModel} from '../../examples/command.js';
import {projectWithTarball} from '../support/installed-tarball.js';

/** All that the guide's net needs: one that is trained on fewer digits prints other figures. */
let files: string;
let project: string;
beforeAll(async () => {
  const log = jest.spyOn(console, 'log').mockImplementation();
  files = await makeModel();
  log.mockRestore();
  project = projectWithTarball();
});

/** A project with the package, and the files of the guide. */
function newProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-guide-'));
  cpSync(files, folder, {recursive: true});
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

const COMMAND = 'dist/esm/src/cli/main.js';

/** The command as `npx tfjs-pruning` runs it. */
function run(cwd: string, args: readonly string[]) {
  const command = join(cwd, 'node_modules/tfjs-pruning', COMMAND);
  return spawnSync(process.execPath, [command, ...args, '--backend', 'wasm'], {cwd, encoding: 'utf8'});
}

/** The commands of a page, and what it says that they print. */
function commandsOf(page: string): {args: string[]; printed?: string}[] {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/```(\w*)\n([\s\S]*?)```/g)];
  return blocks.flatMap(([, language, text], i) => {
    const lines = text!.split('\n').filter(line => language === 'sh' && line.startsWith('npx tfjs-pruning '));
    const next = blocks[i + 1];
    return lines.map((line, at) => ({
      args: line.split(' ').slice(2),
      ...(next?.[1] === '' && at === lines.length - 1 && {printed: next[2]!}),
    }));
  });
}

/** A text without its figures: other machines round otherwise, and take other times. */
const withoutFigures = (text: string) =>
  text
    .trim()
    .replaceAll(/[\d.,]*\d/g, '#')
    .replaceAll(/-+/g, '-')
    .replaceAll(/ +/g, ' ');

test.each(['README.md', 'examples/command.md'])(
  '%s: each command runs as it stands, and prints what is shown',
  page => {
    const folder = newProject();
    const commands = commandsOf(page).filter(({args: [name]}) => !name!.startsWith('-'));
    expect(commands.length).toBeGreaterThanOrEqual(5);
    for (const {args, printed} of commands) {
      const {status, stdout, stderr} = run(folder, args);
      expect({args, status, stderr: stderr.replaceAll(/^\w+: .* became zero; more bits keep them\.\n/gm, '')}).toEqual({
        args,
        status: 0,
        stderr: '',
      });
      if (printed !== undefined) expect(withoutFigures(stdout)).toBe(withoutFigures(printed));
    }
  },
);

test('with --json, nothing but JSON is printed', () => {
  const folder = newProject();
  const {stdout} = run(folder, ['compress', 'lenet', '--bits', '3', '--out', 'lenet.tfpr', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({out: 'lenet.tfpr'});
});

test('each command has a help text', () => {
  const help = (...args: string[]) =>
    execFileSync(process.execPath, [join(project, 'node_modules/tfjs-pruning', COMMAND), ...args]).toString();
  const names = Array.from(help().matchAll(/^ {2}(\w+) [A-Z]/gm), ([, name]) => name!);
  expect(names).toHaveLength(11);
  for (const name of names) {
    const text = help(name, '--help');
    expect(text).toMatch(new RegExp(`^Usage: tfjs-pruning ${name} [A-Z]`));
    expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(90);
  }
  expect(help('help', 'prune')).toBe(help('prune', '--help'));
  expect(help('prune', 'lenet', '-h')).toBe(help('prune', '--help'));
});

test('what is wrong is one line on the error stream, with the code for "never retry"', () => {
  const folder = newProject();
  const wrong = (...args: string[]) => {
    const {status, stdout, stderr} = run(folder, args);
    expect([status, stdout]).toEqual([64, '']);
    expect(stderr).not.toMatch(/^ {4}at /m);
    return stderr;
  };
  expect(wrong('inspect', 'nowhere')).toContain('There is no saved model');
  expect(wrong('prune', 'lenet', '--sparsity', '2', '--out', 'x')).toContain('in [0, 1), got 2');
  expect(wrong('plot', 'lenet', '--out', 'lenet.png')).toContain('.svg or .html');
  writeFileSync(join(folder, 'cut.tfpr'), 'tfpr');
  expect(wrong('inspect', 'cut.tfpr')).toContain('it ends after 4 bytes');
  expect(existsSync(join(folder, 'x'))).toBe(false);
});

test('where no backend is installed, the line that installs one is printed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-bare-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@tensorflow'), {recursive: true});
  cpSync(join(project, 'node_modules/tfjs-pruning'), join(modules, 'tfjs-pruning'), {recursive: true});
  for (const name of ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', 'lodash', 'fflate', 'd3-scale', 'd3-shape']) {
    symlinkSync(join(process.cwd(), 'node_modules', name), join(modules, name));
  }
  const command = join(modules, 'tfjs-pruning', COMMAND);
  const {status, stderr} = spawnSync(process.execPath, [command, 'inspect', 'x'], {cwd: folder, encoding: 'utf8'});
  expect(status).toBe(64);
  expect(stderr).toContain('npm install @tensorflow/tfjs-backend-wasm');
});

test('ends quietly if nobody reads its output any more, as with `| head`', async () => {
  const folder = newProject();
  const command = join(folder, 'node_modules/tfjs-pruning', COMMAND);
  const child = spawn(process.execPath, [command, 'inspect', 'lenet', '--json', '--backend', 'wasm'], {
    cwd: folder,
  });
  child.stdout.destroy();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number];
  expect([code, said]).toEqual([0, '']);
});
