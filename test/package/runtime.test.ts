import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {inputOf} from '../browser/runtime/job.js';
import {modelFile} from '../browser/runtime/model-file.js';
import {projectWithTarball} from '../support/installed-tarball.js';
import {relativeError} from '../wasm/against-cpu.js';

/** Compiles and runs the model whose path is given; prints what came of it. */
const RUN = `
  compile('file://' + process.argv[2]).then(fast => {
    const outputs = fast.run(JSON.parse(process.argv[3]).map(numbers => Float32Array.from(numbers)));
    console.log(JSON.stringify([...outputs]));
  });`;

test('Node runs a compressed model from ESM and from CommonJS, where tf.js is not installed', async () => {
  const folder = projectWithTarball([]);
  const {file, outputs} = await modelFile();
  const inputs = JSON.stringify([[13, 13, 3], [9]].map(shape => [...inputOf(shape)]));
  writeFileSync(join(folder, 'model.tfpr'), file);
  writeFileSync(join(folder, 'run.mjs'), `import {compile} from 'tfjs-pruning/runtime'; ${RUN}`);
  writeFileSync(join(folder, 'run.cjs'), `const {compile} = require('tfjs-pruning/runtime'); ${RUN}`);
  for (const script of ['run.mjs', 'run.cjs']) {
    const said = execFileSync(process.execPath, [script, join(folder, 'model.tfpr'), inputs], {cwd: folder});
    expect(relativeError(JSON.parse(said.toString()) as number[], outputs)).toBeLessThan(1e-4);
  }
});
