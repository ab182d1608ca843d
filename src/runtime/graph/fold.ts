import {isCopy} from './graph-builder.js';
import {inputsOf, type Channelwise, type Graph, type Linear, type Node, type Piece, type Term} from './nodes.js';
import type {Value} from './value.js';

/**
 * Merges nodes. Where a linear node takes each channel of another one times a factor, and nothing else takes it, the
 * terms of that one are put in its place: so normalizations, rectifiers and residual sums become part of convolutions.
 * Copies of copies read what was copied first. What nobody reads is left out.
 */
export function folded(graph: Graph): Graph {
  const uses = new Map<Value, number>();
  const count = (value: Value) => uses.set(value, (uses.get(value) ?? 0) + 1);
  graph.nodes.forEach(node => inputsOf(node).forEach(count));
  graph.outputs.forEach(count);
  const makers = new Map<Value, Node>();
  const nodes = graph.nodes.map(node => {
    const merged =
      node.kind === 'linear' ? merge(node, makers, uses) : node.kind === 'move' ? readThrough(node, makers) : node;
    makers.set(merged.output, merged);
    return merged;
  });
  return {...graph, nodes: needed(nodes, graph.outputs)};
}

function merge(node: Linear, makers: ReadonlyMap<Value, Node>, uses: ReadonlyMap<Value, number>): Linear {
  const bias = node.bias.slice();
  const terms = node.terms.flatMap((term): Term[] => {
    const maker = makers.get(term.input);
    const isAlone = uses.get(term.input) === 1 && node.terms.filter(({input}) => input === term.input).length === 1;
    if (!isAlone || !isFactor(term) || maker?.kind !== 'linear' || isClamped(maker)) return [term];
    if (node.terms.length > 1 && maker.terms.some(isStrided)) return [term];
    const factors = term.weights.values;
    bias.forEach((value, i) => (bias[i] = value + maker.bias[i]! * factors[i]!));
    return maker.terms.map(inner => ({...inner, weights: inner.weights.scaled(factors)}));
  });
  return {...node, terms, bias, layer: joined(node, terms, makers)};
}

/** A convolution is called by its own name, not by that of what was merged into it. */
function joined(node: Linear, terms: readonly Term[], makers: ReadonlyMap<Value, Node>): string {
  const heavy = node.terms
    .map(({input}) => makers.get(input))
    .find(maker => {
      return (
        maker?.kind === 'linear' &&
        maker.terms.length > 0 &&
        maker.terms.every(term => terms.some(({taps}) => taps === term.taps))
      );
    });
  const isOwn = node.terms.some(term => terms.includes(term) && !isFactor(term));
  return isOwn || !heavy ? node.layer : heavy.layer;
}

/** Whether a term is each channel of a value times a factor. */
export function isFactor(term: Term, channels = term.input.channels): term is Channelwise {
  if (term.kind !== 'channelwise' || term.taps.length !== 1 || term.multiplier !== 1 || isStrided(term)) return false;
  const [{down, right, channel}] = term.taps as [Term['taps'][0]];
  return down === 0 && right === 0 && channel === 0 && term.weights.length === channels;
}

/** Whether a term can't be computed together with others. */
function isStrided(term: Term): boolean {
  return term.kind === 'channelwise' && term.stride > 1;
}

function isClamped({low, high}: Linear): boolean {
  return low !== -Infinity || high !== Infinity;
}

function readThrough<M extends Node & {kind: 'move'}>(node: M, makers: ReadonlyMap<Value, Node>): M {
  const pieces = node.pieces.map((piece): Piece => {
    const maker = makers.get(piece.input);
    return maker && isCopy(maker) ? {...piece, input: maker.pieces[0]!.input} : piece;
  });
  return {...node, pieces};
}

/** The nodes that something is read of, directly or not. */
export function needed(nodes: readonly Node[], outputs: readonly Value[]): Node[] {
  const read = new Set(outputs);
  const kept = [...nodes].reverse().filter(node => {
    if (!read.has(node.output)) return false;
    inputsOf(node).forEach(input => read.add(input));
    return true;
  });
  return kept.reverse();
}
