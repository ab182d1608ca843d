import {cpSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {transform} from 'esbuild';

/** Copies the app into a project, beside the training that all tests in browsers run. Returns its folder. */
export async function appIn(project: string): Promise<string> {
  const app = join(project, 'app');
  mkdirSync(app);
  cpSync(join(__dirname, 'app'), app, {recursive: true});
  const source = readFileSync(join(__dirname, '../browser/training.ts'), 'utf8');
  writeFileSync(join(app, 'training.js'), (await transform(source, {loader: 'ts'})).code);
  writeFileSync(join(project, 'package.json'), '{"private": true, "type": "module"}');
  return app;
}
