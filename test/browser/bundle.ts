import {join} from 'node:path';
import {build} from 'esbuild';

/** The script of the page, bundled as users bundle theirs: this package is what `npm run build` made of it. */
export async function bundlePage(): Promise<string> {
  const {outputFiles} = await build({
    entryPoints: [join(__dirname, 'page.ts')],
    bundle: true,
    format: 'esm',
    write: false,
    tsconfigRaw: {}, // the repository's own leads to the sources
  });
  return outputFiles[0]!.text;
}
