import {FORMS} from './spmm.js';

/** The kernels in the order of their numbers. A step of a program begins with one, and the bytes that it takes. */
export const KERNELS = [
  ...FORMS.map(({outputs, vectors}) => ({file: 'spmm', name: `spmm${outputs}x${vectors}`})),
  ...['sell', 'gemv', 'blocks'].map(name => ({file: 'vectors', name})),
  {file: 'depthwise', name: 'halve'},
  ...['copy', 'clear', 'clearGaps', 'lookUp'].map(name => ({file: 'moves', name})),
  ...['pool', 'poolAll'].map(name => ({file: 'pools', name})),
  ...['map', 'combine'].map(name => ({file: 'functions', name})),
  {file: 'recurrent', name: 'recur'},
  ...['softmax', 'softmaxOfVector'].map(name => ({file: 'softmax', name})),
];

/** The AssemblyScript of what runs a program. The kernels are exported, too, so that they are not made part of it. */
export function source() {
  const files = [...new Set(KERNELS.map(({file}) => file))];
  const imports = files.map(file => {
    const names = KERNELS.filter(kernel => kernel.file === file).map(({name}) => name);
    return `import {${names.join(', ')}} from './${file}';\nexport {${names.join(', ')}} from './${file}';`;
  });
  const cases = KERNELS.map(({name}, i) => `      case ${i}:\n        ${name}(at);\n        break;`);
  return `${imports.join('\n')}

export function run(at: usize, end: usize): void {
  while (at < end) {
    switch (load<i32>(at)) {
${cases.join('\n')}
    }
    at += load<usize>(at, 4);
  }
}
`;
}
