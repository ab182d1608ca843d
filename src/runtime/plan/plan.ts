import {isCopy} from '../graph/graph-builder.js';
import {inputsOf, type Graph, type Node} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {draftLayouts} from './drafts.js';
import {areSameLayouts, type Draft, type Layout} from './layout.js';
import {placeRegions} from './place-regions.js';

/** Where everything is. */
export interface Plan {
  readonly batch: number;
  readonly layouts: ReadonlyMap<Value, Layout>;
  /** The nodes that compute something; copies to the same place are left out. */
  readonly nodes: readonly Node[];
  /** The first address behind all values. */
  readonly end: number;
}

/** Nothing is at address 0, so that a wrong one is noticed. */
const FIRST_ADDRESS = 64;

/** Places the values of a graph in one memory; those that are not needed at the same time may share a place. */
export function planned(graph: Graph, batch: number): Plan {
  const drafts = draftLayouts(graph, batch);
  const shared = sharedPlaces(graph, drafts, batch);
  const homeOf = (value: Value): Value => {
    const other = shared.get(value);
    return other ? homeOf(other) : value;
  };
  const nodes = graph.nodes.filter(({output}) => !shared.has(output));
  const regions = new Map<Value, {bytes: number; from: number; to: number}>();
  const use = (value: Value, time: number) => {
    const home = homeOf(value);
    const {bytes} = drafts.get(value)!;
    const region = regions.get(home) ?? {bytes, from: time, to: time};
    regions.set(home, {bytes: Math.max(bytes, region.bytes), from: region.from, to: Math.max(region.to, time)});
  };
  graph.inputs.forEach(value => use(value, -1));
  nodes.forEach((node, time) => {
    use(node.output, time);
    inputsOf(node).forEach(input => use(input, time));
  });
  graph.outputs.forEach(value => use(value, nodes.length));
  for (const value of graph.constants.keys()) if (regions.has(value)) regions.set(value, always(drafts.get(value)!));
  const {places, end} = placeRegions(regions, FIRST_ADDRESS);
  const layouts = new Map<Value, Layout>();
  for (const [value, draft] of drafts) {
    const place = places.get(homeOf(value));
    if (place !== undefined) layouts.set(value, {...draft, address: draft.address + place});
  }
  return {batch, layouts, nodes, end};
}

function always({bytes}: Draft) {
  return {bytes, from: -Infinity, to: Infinity};
}

/** Values that are copies of another one, in the same layout: they are not copied. */
function sharedPlaces(graph: Graph, drafts: ReadonlyMap<Value, Draft>, batch: number): Map<Value, Value> {
  const shared = new Map<Value, Value>();
  for (const node of graph.nodes) {
    if (!isCopy(node)) continue;
    const {input} = node.pieces[0]!;
    const {output} = node;
    if (areSameLayouts(drafts.get(input)!, drafts.get(output)!, output, batch)) shared.set(output, input);
  }
  return shared;
}
