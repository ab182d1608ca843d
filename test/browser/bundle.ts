import {join} from 'node:path';
import {build} from 'esbuild';

/** A script of this folder, bundled as users bundle theirs: this package is what `npm run build` made of it. */
export async function bundle(name: string): Promise<string> {
  return (await bundleWithInputs(name)).script;
}

/** The same, with the files that it is made of. */
export async function bundleWithInputs(name: string): Promise<{script: string; inputs: string[]}> {
  const {outputFiles, metafile} = await build({
    entryPoints: [join(__dirname, name)],
    bundle: true,
    format: 'esm',
    write: false,
    metafile: true,
    tsconfigRaw: {}, // the repository's own leads to the sources
  });
  return {script: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs)};
}
