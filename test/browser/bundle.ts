import {join} from 'node:path';
import {build} from 'esbuild';

/** A script of this folder, bundled as users bundle theirs: this package is what `npm run build` made of it. */
export async function bundle(name: string): Promise<string> {
  const {outputFiles} = await build({
    entryPoints: [join(__dirname, name)],
    bundle: true,
    format: 'esm',
    write: false,
    tsconfigRaw: {}, // the repository's own leads to the sources
  });
  return outputFiles[0]!.text;
}
