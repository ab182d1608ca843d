import {expectDifferentNames, field, listedLayers, type Json, type LayerEntry} from './layer-entries.js';
import {outputCount} from './output-count.js';
import {isList, received} from '../options/expect.js';

/** A tensor: an output of a use of a layer. */
interface Reference {
  readonly layer: string;
  readonly use: number;
  readonly output: number;
}

/** A layer, and the inputs of each of its uses. */
interface Used {
  readonly entry: LayerEntry;
  readonly uses: readonly (readonly Reference[])[];
  /** Uses without a node: an input layer has one, and so has a model. */
  readonly own: number;
}

/**
 * Expects that the layers of a model can be applied one after the other; otherwise tf.js would loop forever. Forms that
 * tf.js does not read are left to tf.js.
 *
 * @throws TypeError that names the layer and what is wrong with it.
 */
export function expectBuildable(config: Json, entries: readonly LayerEntry[], where: string): void {
  const nameless = entries.findIndex(({name}) => name === undefined);
  if (nameless >= 0) throw new TypeError(`Expected layer ${nameless} of ${where} to have a name`);
  expectDifferentNames(
    entries.map(({name}) => name),
    where,
  );
  const graph = new Map<string, Used>();
  for (const entry of entries) {
    const used = usedOf(entry, where);
    if (!used) return;
    graph.set(entry.name!, used);
  }
  for (const {entry, uses} of graph.values()) {
    uses.flat().forEach(reference => expectTensor(graph, reference, `layer "${entry.name}" of ${where}`));
  }
  expectNoCircle(graph, where);
  for (const end of ['inputLayers', 'outputLayers']) expectEnds(graph, field(config, end), end, where);
}

/** A layer's uses; undefined if they have the form of Keras 3. */
function usedOf(entry: LayerEntry, where: string): Used | undefined {
  const {name, className, config, inboundNodes} = entry;
  const layer = `layer "${name}" of ${where}`;
  if (!isList(inboundNodes)) {
    throw new TypeError(`Expected ${layer} to list its inputs as inbound_nodes, got ${received(inboundNodes)}`);
  }
  const nodes = inboundNodes as unknown[];
  if (!nodes.every(isList)) return undefined;
  const uses = (nodes as unknown[][]).filter(({length}) => length > 0);
  return {
    entry,
    uses: uses.map(node => node.map(reference => referenceOf(reference, `the inputs of ${layer}`))),
    own: className === 'InputLayer' || listedLayers(config) ? 1 : 0,
  };
}

function referenceOf(reference: unknown, where: string): Reference {
  const [layer, use, output] = isList(reference) ? (reference as unknown[]) : [];
  if (['string', 'number'].includes(typeof layer) && isIndex(use) && isIndex(output)) {
    return {layer: String(layer), use, output};
  }
  throw new TypeError(
    `Expected ${where} to be lists of a layer's name and two whole numbers >= 0, got ${JSON.stringify(reference)}`,
  );
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function expectTensor(graph: ReadonlyMap<string, Used>, {layer, use, output}: Reference, where: string): void {
  const from = graph.get(layer);
  if (!from) throw new TypeError(`Expected ${where} to name existing layers, got "${layer}"`);
  const uses = from.own + from.uses.length;
  if (use >= uses) {
    throw new TypeError(
      `Expected ${where} to name one of ${uses} uses of layer "${layer}", got number ${use} (counted from 0)`,
    );
  }
  const outputs = outputCount(from.entry);
  if (outputs !== undefined && output >= outputs) {
    throw new TypeError(
      `Expected ${where} to name one of ${outputs} outputs of layer "${layer}", got number ${output} (counted from 0)`,
    );
  }
}

/** Applies layers like tf.js: each use as soon as its inputs exist. */
function expectNoCircle(graph: ReadonlyMap<string, Used>, where: string): void {
  const made = new Map([...graph].map(([name, {own}]) => [name, own]));
  const isReady = ({layer, use}: Reference) => made.get(layer)! > use;
  let waiting = [...graph].flatMap(([name, {uses}]) => uses.map(inputs => ({name, inputs})));
  for (let before = Infinity; waiting.length < before;) {
    before = waiting.length;
    waiting = waiting.filter(({name, inputs}) => {
      if (!inputs.every(isReady)) return true;
      made.set(name, made.get(name)! + 1);
      return false;
    });
  }
  if (waiting.length === 0) return;
  const awaited = new Map(
    waiting.reverse().map(({name, inputs}) => [name, inputs.find(input => !isReady(input))!.layer]),
  );
  throw new TypeError(
    `Expected the layers of ${where} to form no cycle, but these wait for each other's outputs: ${circle(awaited)}`,
  );
}

/** Follows who waits for whom until a layer repeats. */
function circle(awaited: ReadonlyMap<string, string>): string {
  const way = [...awaited.keys()].slice(0, 1);
  for (;;) {
    const next = awaited.get(way.at(-1)!)!;
    const start = way.indexOf(next);
    way.push(next);
    if (start >= 0)
      return way
        .slice(start)
        .map(name => `"${name}"`)
        .join(', ');
  }
}

/** Checks the inputs or outputs of a model; a single one without a list is a form of Keras 3. */
function expectEnds(graph: ReadonlyMap<string, Used>, ends: unknown, which: string, where: string): void {
  const called = `${which === 'inputLayers' ? 'input_layers' : 'output_layers'} of ${where}`;
  if (ends === undefined || ends === null || (isList(ends) && (ends as unknown[]).length === 0)) {
    throw new TypeError(
      `Expected the ${called} to name layers, got ${ends === undefined ? 'none' : JSON.stringify(ends)}`,
    );
  }
  if (!isList(ends) || typeof (ends as unknown[])[0] === 'string') return;
  for (const end of ends as unknown[]) expectTensor(graph, referenceOf(end, `the ${called}`), `the ${called}`);
}
