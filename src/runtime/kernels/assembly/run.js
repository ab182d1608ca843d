import {FORMS} from './spmm.js';

/** The kernels that most models need. */
export const USUAL = [
  ...FORMS.map(({outputs, vectors}) => ({file: 'spmm', name: `spmm${outputs}x${vectors}`})),
  ...['sell', 'gemv', 'blocks'].map(name => ({file: 'vectors', name})),
  {file: 'depthwise', name: 'halve'},
  ...['copy', 'clear', 'clearGaps'].map(name => ({file: 'moves', name})),
  ...['pool', 'poolAll'].map(name => ({file: 'pools', name})),
  {file: 'softmax', name: 'softmaxOfVector'},
];

/** All others, which pages load when a program needs one. */
const RARE = [
  {file: 'moves', name: 'lookUp'},
  ...['map', 'combine'].map(name => ({file: 'functions', name})),
  {file: 'recurrent', name: 'recur'},
  {file: 'softmax', name: 'softmax'},
  {file: 'depthwise', name: 'halveFive'},
  ...['normalize', 'dot'].map(name => ({file: 'normalizations', name})),
];

/** The kernels in the order of their numbers. A step of a program begins with one, and the bytes that it takes. */
export const KERNELS = [...USUAL, ...RARE];

/** The AssemblyScript of what runs a program. The kernels are exported, too, so that they are not made part of it. */
export function source() {
  return `${imports(USUAL)}
export {packSell} from './pack';

declare function runRare(at: usize): void;

export function run(at: usize, end: usize): void {
  while (at < end) {
    switch (load<i32>(at)) {
${cases(USUAL, 0)}
      default:
        runRare(at);
    }
    at += load<usize>(at, 4);
  }
}
`;
}

/** The AssemblyScript of what runs one step of a rare kernel. */
export function rareSource() {
  return `${imports(RARE)}

export function runRare(at: usize): void {
  switch (load<i32>(at)) {
${cases(RARE, USUAL.length)}
  }
}
`;
}

function imports(kernels) {
  const files = [...new Set(kernels.map(({file}) => file))];
  return files
    .map(file => {
      const names = kernels.filter(kernel => kernel.file === file).map(({name}) => name);
      return `import {${names.join(', ')}} from './${file}';\nexport {${names.join(', ')}} from './${file}';`;
    })
    .join('\n');
}

function cases(kernels, first) {
  return kernels.map(({name}, i) => `      case ${first + i}:\n        ${name}(at);\n        break;`).join('\n');
}
