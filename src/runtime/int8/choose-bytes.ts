import {inputsOf, type Graph, type Linear, type Node} from '../graph/nodes.js';
import {isVector, type Value} from '../graph/value.js';
import {arePlain, plainSlots, type Slots} from './byte-value.js';
import {isSum} from './separate.js';
import {wordMove} from './word-moves.js';

/** The nodes that compute with bytes, and what they make: bytes, with the channels in these slots, or floats. */
export type ChosenNodes = ReadonlyMap<Node, Slots | 'floats'>;

/**
 * Chooses the nodes that compute with bytes: convolutions and dense layers before others of them, and what lies
 * between. The last one takes bytes only if its output is one vector, which may be floats.
 */
export function chosenForBytes(graph: Graph, batch: number): ChosenNodes {
  const {heavy, wanted} = wantedBytes(graph, batch);
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

/** From the last node to the first: the products of matrices in bytes, and the values that are wanted as bytes. */
function wantedBytes({nodes}: Graph, batch: number) {
  const heavy = new Map<Node, Slots | 'floats'>();
  const wanted = new Set<Value>();
  for (const node of [...nodes].reverse()) {
    if (node.kind === 'linear' && !isSum(node)) {
      if (wanted.has(node.output)) heavy.set(node, plainSlots(node.output.channels));
      else if (batch === 1 && isOfVectors(node)) heavy.set(node, 'floats');
    } else if (!isWanted(node, wanted)) continue;
    inputsOf(node).forEach(input => wanted.add(input));
  }
  return {heavy, wanted};
}

function isOfVectors({terms, output}: Linear): boolean {
  const [term] = terms;
  return terms.length === 1 && term!.kind === 'mixing' && isVector(term!.input) && isVector(output);
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
