import kebabCase from 'lodash/kebabCase.js';

/** Arguments that are options of the functions that commands call. */
const FLAGS = [
  ...['sparsity', 'structure', 'criterion', 'allocation', 'layers', 'data', 'loss', 'batch-size', 'input-shapes'],
  ...['multiply-adds', 'parameters', 'peak-memory', 'latency', 'round-to', 'min-kept', 'max-sparsity', 'keep-outputs'],
  ...['bits', 'levels', 'others', 'dtype', 'runs'],
];

/** What a function says of its options, said of the arguments that set them: `--round-to` in place of `roundTo`. */
export function withFlags(message: string): string {
  const named = message.replace(/`(\w+)`|\b([a-z]+[A-Z]\w+)\b/g, (option, quoted?: string, plain?: string) => {
    const name = quoted ?? plain!;
    const flag = kebabCase(name);
    return FLAGS.includes(flag) ? `--${flag}` : option;
  });
  return named.replace(/\[\[(\d+(, \d+)*)\]\]/g, (_, sizes: string) => sizes.replaceAll(', ', 'x'));
}
