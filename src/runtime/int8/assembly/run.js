import {FORMS} from './quads.js';

/** Numbers of kernels from this one on are of this module; those below are of the kernels for floats. */
export const FIRST = 1000;

/** The kernels in the order of their numbers, by the files that they are in. */
export const KERNELS = [
  ...FORMS.map(({outputs, vectors}) => ({file: 'quads', name: `quads${outputs}x${vectors}`})),
  ...['denseVector', 'sparseVector'].map(name => ({file: 'vectors', name})),
  {file: 'depthwise', name: 'depthwise'},
  ...['quantize', 'dequantize'].map(name => ({file: 'conversions', name})),
  ...['sum', 'fill', 'fillGaps'].map(name => ({file: 'words', name})),
  ...['poolWords', 'poolAllWords'].map(name => ({file: 'pools', name})),
];

/** The AssemblyScript of what runs a program, of kernels for bytes and, in the other module, for floats. */
export function source() {
  const files = [...new Set(KERNELS.map(({file}) => file))];
  const imports = files.map(file => {
    const names = KERNELS.filter(kernel => kernel.file === file).map(({name}) => name);
    return `import {${names.join(', ')}} from './${file}';\nexport {${names.join(', ')}} from './${file}';`;
  });
  const cases = KERNELS.map(({name}, i) => `      case ${FIRST + i}:\n        ${name}(at);\n        break;`);
  return `${imports.join('\n')}

@external('floats', 'run')
declare function runFloats(at: usize, end: usize): void;

export function run(at: usize, end: usize): void {
  while (at < end) {
    const next = at + load<usize>(at, 4);
    switch (load<i32>(at)) {
${cases.join('\n')}
      default:
        runFloats(at, next);
    }
    at = next;
  }
}
`;
}
