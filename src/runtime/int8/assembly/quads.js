/** In which forms the product of a matrix of quads and planes is compiled: outputs that share an input, and vectors. */
export const FORMS = [
  ...[1, 2, 3, 4, 5, 6, 7].map(vectors => ({outputs: 1, vectors})),
  ...[1, 2, 3].map(vectors => ({outputs: 4, vectors})),
];

const each = (count, line) => Array.from({length: count}, (_, i) => line(i)).join('\n');
const sum = (output, vector) => `sum${output}x${vector}`;
const start = (output, vector) => (vector ? sum(output, 0) : `v128.load32_splat(head, ${4 + 4 * output})`);

/** Four outputs at once make whole words. */
const storeWords = vectors =>
  each(vectors, v => {
    const numbers = [0, 1, 2, 3].map(o => {
      const [factor, shift] = [20 + 4 * o, 36 + 4 * o].map(place => `v128.load32_splat(head, ${place})`);
      return `whole(scaled(${sum(o, v)}, ${factor}, ${shift}), high)`;
    });
    return `        v128.store(to, turned(narrowed(${numbers.join(', ')}, low)), ${16 * v});`;
  });

/** One output is a byte of each word, which those before it have begun. */
const storeBytes = vectors => `
        const factor = v128.load32_splat(head, 8);
        const shift = v128.load32_splat(head, 12);
        const place = (output & 3) << 3;
${each(vectors, v => {
  const number = `i32x4.max_s(whole(scaled(${sum(0, v)}, factor, shift), high), low)`;
  return `        let y${v} = i32x4.shl(${number}, place);`;
})}
        if (place) {
${each(vectors, v => `          y${v} = v128.or(y${v}, v128.load(to, ${16 * v}));`)}
        }
${each(vectors, v => `        v128.store(to, y${v}, ${16 * v});`)}`;

const storeFloat = (product, offset) =>
  `            v128.store(to, clamp(scaled(${product}, factor, shift), lowFloat, high), ${offset});`;

/** Floats lie in planes of their own, each number where the word of its position is. */
const storeFloats = (outputs, vectors) =>
  each(outputs, o => {
    const [factor, shift] = [4 + 4 * (outputs + o), 4 + 4 * (2 * outputs + o)];
    return `
          ${o ? `if (output + ${o} < outputs) {` : '{'}
            const factor = v128.load32_splat(head, ${factor});
            const shift = v128.load32_splat(head, ${shift});
${each(vectors, v => storeFloat(sum(o, v), 16 * v))}
            to += outStep;
          }`;
  });

/**
 * The AssemblyScript of one form. A tile of positions is held in registers while the entries of a few outputs go by:
 * four inputs each, times four weights of each output. The stream holds, for each group of outputs, the number of its
 * entries, then what sums begin with, the factors and the shifts, and for each entry the address of its input plane
 * and the weights. Outputs are bytes or, with `isFloat`, floats.
 */
export function quads({outputs, vectors}) {
  const [head, step] = [4 + 12 * outputs, 4 + 4 * outputs];
  const isLast = outputs === 4 ? 'true' : '(output & 3) === 3';
  return `
export function quads${outputs}x${vectors}(at: usize): void {
  const stream = load<usize>(at, 8);
  const outputs = load<i32>(at, 12);
  const first = load<usize>(at, 16);
  const end = load<usize>(at, 20);
  const images = load<i32>(at, 24);
  const imageStep = load<usize>(at, 28);
  const out = load<usize>(at, 32);
  const outStep = load<usize>(at, 36);
  const isFloat = load<i32>(at, 40);
  const low = ${outputs === 4 ? 'bytesOf(load<f32>(at, 44))' : 'i32x4.splat(<i32>load<f32>(at, 44))'};
  const lowFloat = v128.load32_splat(at, 44);
  const high = v128.load32_splat(at, 48);
  for (let image = 0; image < images; image++) {
    const last = end + <usize>image * imageStep;
    for (let position = first + <usize>image * imageStep; position < last; position += ${16 * vectors}) {
      let entry = stream;
      let to = out + position;
      for (let output = 0; output < outputs; output += ${outputs}) {
        const head = entry;
${each(outputs, o => each(vectors, v => `        let ${sum(o, v)} = ${start(o, v)};`))}
        entry += ${head};
        const stop = entry + <usize>load<i32>(head) * ${step};
        while (entry < stop) {
          const from = position + load<usize>(entry);
${outputs === 1 ? '          const weights0 = v128.load32_splat(entry, 4);' : ''}
${each(vectors, v => `          const x${v} = v128.load(from, ${16 * v});`)}
${each(outputs, o =>
  [
    outputs === 1 ? '' : `          const weights${o} = v128.load32_splat(entry, ${4 + 4 * o});`,
    each(vectors, v => `          ${sum(o, v)} = addDot(weights${o}, x${v}, ${sum(o, v)});`),
  ].join('\n'),
)}
          entry += ${step};
        }
        if (isFloat) {
${storeFloats(outputs, vectors)}
          continue;
        }
${outputs === 4 ? storeWords(vectors) : storeBytes(vectors)}
        if (${isLast}) to += outStep;
      }
    }
  }
}
`;
}

/** The AssemblyScript of all forms. */
export function source() {
  return `import {addDot} from './dots';
import {bytesOf, clamp, narrowed, scaled, turned, whole} from './lanes';
${FORMS.map(quads).join('')}`;
}
