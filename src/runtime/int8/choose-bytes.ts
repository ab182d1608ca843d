import {inputsOf, type Graph, type Node} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {arePlain, plainSlots, type Slots} from './byte-value.js';
import {isSum} from './separate.js';
import {wordMove} from './word-moves.js';

/** The nodes that compute with bytes, and what they make: bytes, with the channels in these slots, or floats. */
export type ChosenNodes = ReadonlyMap<Node, Slots | 'floats'>;

/**
 * Chooses the nodes that compute with bytes: convolutions and dense layers before others of them, and what lies
 * between. The last of them take bytes and make floats.
 */
export function chosenForBytes(graph: Graph): ChosenNodes {
  const {heavy, wanted} = wantedBytes(graph);
  const chosen = new Map<Node, Slots | 'floats'>();
  const known = new Map<Value, Slots>();
  for (const node of graph.nodes) {
    const made = heavy.get(node) ?? (isWanted(node, wanted) ? lightly(node, known) : undefined);
    if (!made) continue;
    chosen.set(node, made);
    if (made !== 'floats') known.set(node.output, made);
  }
  return chosen;
}

/** What passes bytes on; before anything else, values are floats. */
const PASSING: ReadonlySet<Node['kind']> = new Set(['linear', 'pool', 'poolAll', 'move']);

/** From the last node to the first: the products of matrices in bytes, and the values that are wanted as bytes. */
function wantedBytes({nodes}: Graph) {
  const heavy = new Map<Node, Slots | 'floats'>();
  const wanted = new Set<Value>();
  const exact = gatesOf(nodes);
  for (const node of [...nodes].reverse()) {
    if (node.kind === 'linear' && !isSum(node)) {
      if (wanted.has(node.output)) heavy.set(node, plainSlots(node.output.channels));
      else if (node.terms.some(({kind}) => kind === 'mixing') && !exact.has(node.output)) heavy.set(node, 'floats');
      else continue;
    } else if (!PASSING.has(node.kind) || !isWanted(node, wanted)) continue;
    inputsOf(node).forEach(input => wanted.add(input));
  }
  return {heavy, wanted};
}

/** What goes into the gates of recurrent layers, where errors would add up from step to step. */
function gatesOf(nodes: readonly Node[]): ReadonlySet<Value> {
  const gates = new Set<Value>();
  for (const node of [...nodes].reverse()) {
    const isOnTheWay = node.kind === 'move' && gates.has(node.output);
    if (node.kind === 'recurrent' || isOnTheWay) inputsOf(node).forEach(input => gates.add(input));
  }
  return gates;
}

function isWanted(node: Node, wanted: ReadonlySet<Value>): boolean {
  return node.kind === 'poolAll' || wanted.has(node.output);
}

/** What a node makes that only passes bytes on; undefined if it can't. */
function lightly(node: Node, known: ReadonlyMap<Value, Slots>): Slots | 'floats' | undefined {
  const slots = inputsOf(node).map(input => known.get(input));
  if (slots.length === 0 || slots.includes(undefined)) return undefined;
  const isPlain = slots.every(own => arePlain(own!));
  switch (node.kind) {
    case 'linear':
      return isPlain ? slots[0] : undefined;
    case 'pool':
      return slots[0];
    case 'poolAll':
      return isPlain ? 'floats' : undefined;
    case 'move':
      return wordMove(node, input => known.get(input)!)?.slots;
    default:
      return undefined;
  }
}
