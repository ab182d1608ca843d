import {sizeOf} from '../math/size-of.js';
import type {InputNumbers, TensorLike} from './compiled-model.js';
import type {Parts, Views} from './sized-model.js';

interface Model {
  /** @throws Error after `dispose`. */
  readonly views: () => Views;
  readonly isStateful: boolean;
}

/** Tensors, and what is in them. */
interface Data {
  readonly tensors: readonly TensorLike[];
  readonly numbers: readonly InputNumbers[];
}

/** What a compiled model makes of tensors of any number of examples. */
export async function predicted<T>({tensors, numbers}: Data, parts: Parts<T>, model: Model): Promise<T | T[]> {
  const {tf, islands} = parts;
  const examples = examplesOf(tensors, parts, model);
  const work = () => inBatches(numbers, examples, parts, model);
  const results = await (islands ? islands.alone(work) : work());
  const outputs = results.map((values, i) => tf!.tensor(values, [examples, ...parts.outputs[i]!.shape]));
  return outputs.length === 1 ? outputs[0]! : outputs;
}

function examplesOf<T>(tensors: readonly TensorLike[], {inputs, batch}: Parts<T>, {isStateful}: Model): number {
  if (tensors.length !== inputs.length) throw new TypeError(`Expected ${inputs.length} tensors, got ${tensors.length}`);
  const examples = tensors[0]!.shape[0]!;
  tensors.forEach(({shape}, i) => {
    const expected = [examples, ...inputs[i]!.shape].join();
    if (shape.join() === expected) return;
    throw new TypeError(`Expected a tensor of shape [${expected}] for input ${i}, got [${shape.join()}]`);
  });
  if (examples % batch === 0 || !isStateful) return examples;
  throw new RangeError(
    `Expected whole batches of ${batch}, as stateful layers keep a state for each, got ${examples} examples`,
  );
}

/** Runs one batch after the other; in the last one, what is missing is what was there before. */
async function inBatches<T>(
  numbers: readonly InputNumbers[],
  examples: number,
  {machine, program, batch, outputs, islands}: Parts<T>,
  model: Model,
): Promise<Float32Array[]> {
  const results = outputs.map(({shape}) => new Float32Array(examples * sizeOf(shape)));
  for (let first = 0; first < examples; first += batch) {
    const views = model.views();
    const count = Math.min(batch, examples - first);
    views.inputs.forEach((view, i) => {
      const size = view.length / batch;
      view.set(numbers[i]!.subarray(first * size, (first + count) * size));
    });
    if (islands) await islands.run();
    else machine.run(program.begin, program.end);
    views.outputs.forEach((view, i) => {
      const size = view.length / batch;
      results[i]!.set(view.subarray(0, count * size), first * size);
    });
  }
  return results;
}
