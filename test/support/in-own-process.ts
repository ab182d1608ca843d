import {spawn} from 'node:child_process';
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {text} from 'node:stream/consumers';
import {build} from 'esbuild';

/**
 * What a function of a module returns, in a process of its own: Jest runs what crosses modules more slowly.
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
  return JSON.parse(await firstLineOf(outfile)) as T;
}

/**
 * The first line that a script prints. The process is killed then: at its natural end Node may wait for a thread that
 * waits for it (nodejs/node#54918).
 */
async function firstLineOf(script: string): Promise<string> {
  const child = spawn(process.execPath, ['--max-old-space-size=512', script], {stdio: ['ignore', 'pipe', 'pipe']});
  const errors = text(child.stderr);
  for await (const line of createInterface(child.stdout)) {
    child.kill('SIGKILL');
    return line;
  }
  throw new Error(await errors);
}
