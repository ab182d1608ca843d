import type {Shape} from '@tensorflow/tfjs-layers';
import {kernelsOf, usedLayers} from './used-layers.js';
import type {Model} from '../tfjs-internals.js';

/** How often kernels multiply. */
export interface KernelPositions {
  /** How often each value of a kernel multiplies for one example, by the id of its variable; NaN if unknown. */
  readonly positions: ReadonlyMap<number, number>;
  /** Whether only their ratios are meaningful, because all grow in proportion to input sizes that are open. */
  readonly isRelative: boolean;
}

/**
 * How often the kernels of a model multiply: at the given sizes, or at those of the model; or at a nominal size, if
 * these are open and all kernels depend on them in the same proportion.
 *
 * @param inputShapes of the model's inputs, with the batch first.
 */
export function kernelPositions(model: Model, inputShapes?: readonly Shape[]): KernelPositions {
  const positions = positionsAt(model, inputShapes);
  if (inputShapes !== undefined || areKnown(positions)) return {positions, isRelative: false};
  const relative = relativePositions(model);
  return {positions: relative ?? positions, isRelative: relative !== undefined};
}

type Positions = ReadonlyMap<number, number>;

function positionsAt(model: Model, inputShapes: readonly Shape[] | undefined): Positions {
  return new Map(
    usedLayers(model, inputShapes)
      .flatMap(kernelsOf)
      .map(({kernel, positions}) => [kernel.id, positions]),
  );
}

function areKnown(positions: Positions): boolean {
  return ![...positions.values()].some(Number.isNaN);
}

/** A size divisible by the usual strides and pooling windows. */
const NOMINAL = 2304; // 2^8 * 3^2

/** Undefined if the kernels do not all grow in proportion to each open size. */
function relativePositions(model: Model): Positions | undefined {
  const own = model.inputs.map(({shape}) => shape);
  const at = (open: (input: number, axis: number) => number) => {
    const shapes = own.map((shape, i) => shape.map((size, axis) => (axis === 0 ? null : (size ?? open(i, axis)))));
    return positionsAt(model, shapes);
  };
  try {
    const nominal = at(() => NOMINAL);
    const growAlike = own.every((shape, i) =>
      shape.every((size, axis) => {
        if (axis === 0 || size !== null) return true;
        return areProportional(
          at((input, other) => (input === i && other === axis ? 2 : 1) * NOMINAL),
          nominal,
        );
      }),
    );
    return growAlike && areKnown(nominal) ? nominal : undefined;
  } catch {
    return undefined; // a layer can't take the nominal size
  }
}

function areProportional(a: Positions, b: Positions): boolean {
  const ratios = [...a].filter(([, value]) => value !== 0).map(([id, value]) => value / b.get(id)!);
  return ratios.every(ratio => Math.abs(ratio - ratios[0]!) <= 1e-9 * ratio);
}
