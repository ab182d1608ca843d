import {built, type Build} from './built.js';
import type {CompiledModel, TensorLike} from './compiled-model.js';
import {expectFitting} from './fitting-shapes.js';
import type {Shape} from './input-shapes.js';
import type {ForeignLayers} from './islands/foreign-layers.js';
import {UnsupportedError} from './lower/layer-to-lower.js';
import {lowered} from './lower/lower-model.js';
import type {ModelSource} from './source/model-source.js';
import type {SizedModel} from './sized-model.js';
import {askedFor, tensorsOf} from './tensors-of.js';

/** A size for a trial, where a model leaves one open. */
const TRIED = 64;

/** Says at once what no size would change. @throws TypeError as `compile` does. */
export async function expectLowerable(
  source: ModelSource,
  inputShapes: readonly Shape[],
  hasTf: boolean,
): Promise<void> {
  try {
    await lowered(source, inputShapes.map(shape => shape.map(size => size ?? TRIED))); // prettier-ignore
  } catch (error) {
    if (error instanceof TypeError && !(hasTf && error instanceof UnsupportedError)) throw error;
  }
}

/** A model that leaves sizes of its inputs open: compiled for each size when that comes. */
export class OpenModel<T = never> implements CompiledModel<T> {
  readonly inputShapes: readonly Shape[];
  readonly #source: ModelSource;
  readonly #build: Omit<Build<T>, 'inputShapes'>;
  readonly #most: number;
  /** By their shapes, those that were used last at the end. */
  readonly #kept = new Map<string, Promise<SizedModel<T>>>();
  /** The one that was used last, as soon as it is done. */
  #last: Promise<SizedModel<T> | undefined> = Promise.resolve(undefined);
  #foreign: Promise<ForeignLayers> | undefined;
  #isDisposed = false;

  constructor(source: ModelSource, inputShapes: readonly Shape[], build: Omit<Build<T>, 'inputShapes'>, most: number) {
    [this.#source, this.inputShapes, this.#most] = [source, inputShapes, most];
    this.#build = {...build, foreignLayers: () => this.#borrowed()};
  }

  get batch(): number {
    return this.#build.batch;
  }

  get outputShapes(): never {
    throw this.#needsSizes('outputShapes');
  }

  run(): never {
    throw this.#needsSizes('run');
  }

  report(): never {
    throw this.#needsSizes('report');
  }

  #needsSizes(name: string): Error {
    const open = JSON.stringify(this.inputShapes);
    return new Error(
      `\`${name}\` expects inputs of known sizes, and the model leaves some open, ${open}; ` +
        `use \`const sized = await fast.forShapes(shapes)\`, then \`sized.${name}\``,
    );
  }

  /** One after the other: states go on from one to the next, whatever their sizes. */
  async predict(inputs: TensorLike | readonly TensorLike[]): Promise<T | T[]> {
    const tensors = askedFor(tensorsOf(inputs));
    const result = this.#last.then(async before => {
      const model = await this.forShapes(tensors.map(({shape}) => shape.slice(1)));
      if (before && before !== model) model.takeStates(before);
      return {model, outputs: await model.predict(tensors)};
    });
    const before = this.#last;
    this.#last = result.then(
      ({model}) => model,
      () => before,
    );
    return (await result).outputs;
  }

  resetStates(): void {
    this.#expectUse();
    this.#last = this.#last.then(model => {
      if (!this.#isDisposed) model?.clearStates();
      return model;
    });
  }

  async forShapes(inputShapes: readonly (readonly number[])[]): Promise<SizedModel<T>> {
    expectFitting(inputShapes, this.inputShapes);
    this.#expectUse();
    const key = JSON.stringify(inputShapes);
    const model = this.#kept.get(key) ?? built(this.#source, {...this.#build, inputShapes});
    this.#kept.delete(key);
    this.#kept.set(key, model);
    // Those that are dropped are not disposed: they may be in use.
    if (this.#kept.size > this.#most) this.#kept.delete([...this.#kept.keys()][0]!);
    const drop = () => {
      if (this.#kept.get(key) === model) this.#kept.delete(key);
    };
    const sized = await model.catch((error: unknown) => {
      drop();
      throw error;
    });
    if (!sized.isDisposed) return sized;
    drop();
    return this.forShapes(inputShapes);
  }

  /** Loaded once for all sizes, and freed with the last one. */
  async #borrowed() {
    const {ForeignLayers} = await import('./islands/foreign-layers.js');
    const {batch, tf} = this.#build;
    this.#foreign ??= ForeignLayers.of(this.#source, tf!, batch);
    return (await this.#foreign).lent();
  }

  #expectUse(): void {
    if (this.#isDisposed) throw new Error('Expected a compiled model that is not disposed; compile it again');
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const model of this.#kept.values()) {
      void model.then(
        sized => sized.dispose(),
        () => undefined,
      );
    }
    this.#kept.clear();
    void this.#foreign?.then(foreign => foreign.dispose());
    this.#foreign = undefined;
  }
}
