import {isFactor} from '../graph/fold.js';
import {channelwise} from '../graph/graph-builder.js';
import type {Graph, Linear, Node, Term} from '../graph/nodes.js';
import {valueOf, type Value} from '../graph/value.js';

/**
 * Takes sums apart that were merged into convolutions: bytes of different values stand for different numbers, so that
 * only one value can be multiplied at a time. What is left are convolutions of one value, and sums of two.
 */
export function separated(graph: Graph): Graph {
  return {...graph, nodes: graph.nodes.flatMap((node): Node[] => (node.kind === 'linear' ? parts(node) : [node]))};
}

function parts(node: Linear): Linear[] {
  const inputs = [...new Set(node.terms.map(({input}) => input))];
  if (inputs.length < 2) return [node];
  const nodes: Linear[] = [];
  const add = (terms: readonly Term[], more: Partial<Linear> = {}): Value => {
    const free = {low: -Infinity, high: Infinity, bias: new Float32Array(node.bias.length)};
    const made: Linear = {...node, ...free, output: valueOf(node.output.shape), terms, ...more};
    nodes.push(made);
    return made.output;
  };
  let {bias} = node;
  const summands = inputs.map((input): Term => {
    const own = node.terms.filter(term => term.input === input);
    if (own.length === 1 && isFactor(own[0]!)) return own[0];
    const made = add(own, {bias});
    bias = new Float32Array(bias.length);
    return channelwise(made, new Float32Array(made.channels).fill(1));
  });
  let sum = summands[0]!;
  summands.slice(1).forEach((term, i) => {
    const isLast = i === summands.length - 2;
    const last: Partial<Linear> = isLast ? {bias, low: node.low, high: node.high, output: node.output} : {};
    const made = add([sum, term], last);
    sum = channelwise(made, new Float32Array(made.channels).fill(1));
  });
  return nodes;
}

/** Whether a linear node multiplies each channel by a number, and does nothing else. */
export function isSum({terms, bias}: Linear): boolean {
  const areFactors = terms.every(term => isFactor(term, bias.length));
  return areFactors && new Set(terms.map(({input}) => input)).size === terms.length;
}
