import {execFileSync} from 'node:child_process';
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build} from 'esbuild';

/**
 * What a function of a module returns, in a process of its own: Jest runs what crosses modules ten times as slowly.
 *
 * @param file from the root of the repository.
 * @param call such as `sizesOf(3)`.
 */
export async function inOwnProcess<T>(file: string, call: string): Promise<T> {
  const [name] = call.split('(');
  const outfile = join(mkdtempSync(join(tmpdir(), 'tfjs-pruning-process-')), 'bundle.cjs');
  const contents = `
    import {${name}} from './${file}';
    Promise.resolve(${call}).then(result => console.log(JSON.stringify(result)));`;
  const stdin = {contents, resolveDir: join(__dirname, '../..'), loader: 'ts' as const};
  await build({stdin, bundle: true, platform: 'node', outfile, tsconfigRaw: {}});
  const said = execFileSync(process.execPath, ['--max-old-space-size=512', outfile], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'], // what it says is told if it fails
  });
  return JSON.parse(said) as T;
}
