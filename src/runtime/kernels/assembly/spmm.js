/** In which forms the product of a sparse matrix and planes is compiled: outputs that share an input, and vectors. */
export const FORMS = [
  ...[1, 2, 3, 4, 5, 6, 7].map(vectors => ({outputs: 1, vectors})),
  ...[1, 2, 3, 4].map(vectors => ({outputs: 2, vectors})),
  ...[1, 2].map(vectors => ({outputs: 4, vectors})),
];

/**
 * The AssemblyScript of one form. A tile of positions is held in registers while the entries of a few outputs go by:
 * `out[o, p] = clamp(bias[o] + sum of weight * memory[address + p])`. The stream holds, for each group of outputs, the
 * number of its entries and the biases, then for each entry the address of its input plane and a weight for each of the
 * outputs.
 */
export function spmm({outputs, vectors}) {
  const each = (count, line) => Array.from({length: count}, (_, i) => line(i)).join('\n');
  const sum = (output, vector) => `sum${output}x${vector}`;
  const start = (output, vector) => (vector ? sum(output, 0) : `v128.load32_splat(entry, ${4 + 4 * output})`);
  const step = 4 + 4 * outputs;
  return `
export function spmm${outputs}x${vectors}(at: usize): void {
  const stream = load<usize>(at, 8);
  const outputs = load<i32>(at, 12);
  const first = load<usize>(at, 16);
  const end = load<usize>(at, 20);
  const images = load<i32>(at, 24);
  const imageStep = load<usize>(at, 28);
  const out = load<usize>(at, 32);
  const outStep = load<usize>(at, 36);
  const low = v128.load32_splat(at, 40);
  const high = v128.load32_splat(at, 44);
  for (let image = 0; image < images; image++) {
    const last = end + <usize>image * imageStep;
    for (let position = first + <usize>image * imageStep; position < last; position += ${16 * vectors}) {
      let entry = stream;
      let to = out + position;
      for (let output = 0; output < outputs; output += ${outputs}) {
        const count = load<i32>(entry);
${each(outputs, o => each(vectors, v => `        let ${sum(o, v)} = ${start(o, v)};`))}
        entry += ${step};
        const stop = entry + <usize>count * ${step};
        while (entry < stop) {
          const from = position + load<usize>(entry);
${each(outputs, o => `          const weight${o} = v128.load32_splat(entry, ${4 + 4 * o});`)}
${each(vectors, v =>
  [
    `          const x${v} = v128.load(from, ${16 * v});`,
    each(outputs, o => `          ${sum(o, v)} = addProduct(weight${o}, x${v}, ${sum(o, v)});`),
  ].join('\n'),
)}
          entry += ${step};
        }
${each(outputs, o =>
  [
    each(vectors, v => `        v128.store(to, clamp(${sum(o, v)}, low, high), ${16 * v});`),
    '        to += outStep;',
  ].join('\n'),
)}
      }
    }
  }
}
`;
}

/** The AssemblyScript of all forms. */
export function source() {
  return `import {addProduct, clamp} from './lanes';\n${FORMS.map(spmm).join('')}`;
}
