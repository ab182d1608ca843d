import {isList, received} from '../options/expect.js';
import type {TensorLike} from './compiled-model.js';

/** The inputs of `predict` in a list. @throws TypeError unless they are tensors. */
export function tensorsOf(inputs: TensorLike | readonly TensorLike[]): readonly TensorLike[] {
  const tensors = (isList(inputs) ? inputs : [inputs]) as readonly TensorLike[];
  for (const tensor of tensors) {
    const {shape, data} = Object(tensor) as Partial<TensorLike>;
    if (isList(shape) && typeof data === 'function') continue;
    throw new TypeError(`predict expects tensors, got ${received(tensor)}; \`run\` takes typed arrays`);
  }
  return tensors;
}

/** Tensors whose data are asked for at once, as a caller may dispose them before it is their turn. */
export function askedFor(tensors: readonly TensorLike[]): readonly TensorLike[] {
  return tensors.map(tensor => {
    const {shape} = tensor;
    const data = tensor.data();
    // Whoever reads them later is told.
    void data.catch(() => undefined);
    return {shape, data: async () => data};
  });
}
