import {needed} from '../graph/fold.js';
import {isCopy} from '../graph/graph-builder.js';
import {inputsOf, type Graph, type Node} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {plainSlots, valueOfWords, type ByteValue, type Slots} from './byte-value.js';
import {chosenForBytes} from './choose-bytes.js';
import type {Levels, Range} from './levels.js';
import {sharedLevels} from './shared-levels.js';
import {wordMove} from './word-moves.js';

/** A graph in which some values are bytes: those of `bytes`. */
export interface ByteGraph {
  readonly graph: Graph;
  readonly bytes: ReadonlyMap<Value, ByteValue>;
}

/** Puts bytes in place of floats wherever kernels know them, with conversions at the borders. */
export function byteGraph(graph: Graph, ranges: ReadonlyMap<Value, Range>): ByteGraph {
  const chosen = chosenForBytes(graph);
  const conversion = new Conversion(graph, sharedLevels(chosen, ranges));
  for (const node of graph.nodes) conversion.add(node, chosen.get(node));
  const {nodes, bytes} = conversion;
  return {graph: {...graph, nodes: needed(nodes, graph.outputs)}, bytes};
}

class Conversion {
  readonly nodes: Node[] = [];
  readonly bytes = new Map<Value, ByteValue>();
  readonly #levelsOf: (value: Value) => Levels;
  readonly #makers: ReadonlyMap<Value, Node>;
  /** The words of values that there are as bytes. */
  readonly #words = new Map<Value, Value>();
  readonly #floats: Set<Value>;

  constructor({inputs, constants, nodes}: Graph, levelsOf: (value: Value) => Levels) {
    this.#levelsOf = levelsOf;
    this.#makers = new Map(nodes.map(node => [node.output, node]));
    this.#floats = new Set([...inputs, ...constants.keys()]);
  }

  /** Adds a node, of bytes if it is said what it makes of them. */
  add(node: Node, made: Slots | 'floats' | undefined): void {
    const {layer} = node;
    if (!made) {
      inputsOf(node).forEach(input => this.#floatsOf(input, layer));
      this.#push(node);
      return;
    }
    const rewired = this.#rewired(node);
    if (made === 'floats') this.#push(rewired);
    else this.nodes.push({...rewired, output: this.#newWords(node.output, made)});
  }

  /** A node that makes floats. */
  #push(node: Node): void {
    this.nodes.push(node);
    this.#floats.add(node.output);
  }

  #rewired(node: Node): Node {
    const wordsOf = (input: Value) => this.#wordsOf(input, node.layer);
    switch (node.kind) {
      case 'linear':
        return {...node, terms: node.terms.map(term => ({...term, input: wordsOf(term.input)}))};
      case 'move': {
        const {pieces} = wordMove(node, input => this.bytes.get(wordsOf(input))!.slots)!;
        return {...node, pieces: pieces.map(piece => ({...piece, input: wordsOf(piece.input)}))};
      }
      case 'pool':
      case 'poolAll':
        return {...node, input: wordsOf(node.input)};
      default:
        throw new Error(`No kernel computes ${node.kind} of bytes`);
    }
  }

  #newWords(value: Value, slots: Slots): Value {
    const words = valueOfWords(value, slots);
    this.#words.set(value, words);
    this.bytes.set(words, {levels: this.#levelsOf(value), slots});
    return words;
  }

  /** A value as bytes. Those of the input are made of it as users hand it over. */
  #wordsOf(value: Value, layer: string): Value {
    const known = this.#words.get(value);
    if (known) return known;
    const maker = this.#makers.get(value);
    const input = maker && isCopy(maker) ? maker.pieces[0]!.input : value;
    this.#floatsOf(input, layer);
    const output = this.#newWords(value, plainSlots(value.channels));
    this.nodes.push(conversion(layer, input, output));
    return output;
  }

  /** Makes floats of a value, if there are only bytes. */
  #floatsOf(value: Value, layer: string): void {
    if (!this.#floats.has(value)) this.#push(conversion(layer, this.#words.get(value)!, value));
  }
}

function conversion(layer: string, input: Value, output: Value): Node {
  return {kind: 'map', layer, input, output, apply: 'linear', alpha: 1};
}
