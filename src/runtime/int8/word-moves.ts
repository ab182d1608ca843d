import type {Move, Piece} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {areWasteful, wordsOf, type Slots} from './byte-value.js';

type Loop = Piece['loops'][0];

/** A move of words instead of numbers, and where the channels are then. */
export interface WordMove {
  readonly pieces: readonly Piece[];
  readonly slots: Slots;
}

/** Channels that stay together: all those of an input. */
interface Block {
  readonly start: number;
  readonly slots: Slots;
  /** Its first word. */
  word: number;
}

/**
 * A move as one of words, if it leaves the channels of its inputs together. Each of these blocks begins with a new
 * word. Undefined if channels are torn apart.
 */
export function wordMove(node: Move, slotsOf: (value: Value) => Slots): WordMove | undefined {
  const blocks = blocksOf(node, slotsOf);
  if (!blocks) return undefined;
  const slots = blocks.flatMap(block => block.slots.map(slot => slot + 4 * block.word));
  const pieces = node.pieces.map(piece => inWords(piece, blocks, wordsOf(slotsOf(piece.input))));
  const isWhole = slots.length === node.output.channels && !areWasteful(slots);
  return isWhole && pieces.every(piece => piece !== undefined) ? {pieces, slots} : undefined;
}

function blocksOf({pieces}: Move, slotsOf: (value: Value) => Slots): Block[] | undefined {
  const blocks = new Map<number, Block>();
  for (const piece of pieces) {
    if (!keepsChannels(piece)) return undefined;
    const slots = slotsOf(piece.input);
    for (const start of startsOf(piece)) {
      const other = blocks.get(start);
      if (other && other.slots.join() !== slots.join()) return undefined;
      blocks.set(start, {start, slots, word: 0});
    }
  }
  const inOrder = [...blocks.values()].sort((a, b) => a.start - b.start);
  let [channel, word] = [0, 0];
  for (const block of inOrder) {
    if (block.start !== channel) return undefined;
    block.word = word;
    channel += block.slots.length;
    word += wordsOf(block.slots);
  }
  return inOrder;
}

/** Whether a loop goes through the channels of an input, from one to the next. */
function isOverChannels({from, to}: Loop): boolean {
  return from.channel === 1 && to.channel === 1 && from.x + from.y + to.x + to.y === 0;
}

function keepsChannels({input, from, loops}: Piece): boolean {
  const [own, others] = [loops.filter(isOverChannels), loops.filter(loop => !isOverChannels(loop))];
  const count = own.reduce((all, loop) => all * loop.count, 1);
  return own.length < 2 && count === input.channels && from.channel === 0 && others.every(loop => isBeside(loop));
}

function isBeside({from, count}: Loop): boolean {
  return from.channel === 0 || count === 1;
}

/** The loops that lead to other blocks. */
function loopsToBlocks({loops}: Piece): readonly Loop[] {
  return loops.filter(loop => !isOverChannels(loop) && loop.to.channel !== 0);
}

function startsOf(piece: Piece): number[] {
  return loopsToBlocks(piece).reduce(
    (starts, {count, to}) => starts.flatMap(start => Array.from({length: count}, (_, i) => start + i * to.channel)),
    [piece.to.channel],
  );
}

function inWords(piece: Piece, blocks: readonly Block[], words: number): Piece | undefined {
  const found = new Map(blocks.map(({start, word}) => [start, word]));
  const first = found.get(piece.to.channel)!;
  const loops = piece.loops.map((loop): Loop => {
    if (isOverChannels(loop)) return {...loop, count: words};
    const channel = loop.count > 1 && loop.to.channel ? found.get(piece.to.channel + loop.to.channel)! - first : 0;
    return {...loop, to: {...loop.to, channel}};
  });
  if (!piece.loops.some(isOverChannels) && words > 1) return undefined;
  const made = {...piece, to: {...piece.to, channel: first}, loops};
  const expected = startsOf(piece).map(start => found.get(start)!);
  return startsOf(made).join() === expected.join() ? made : undefined;
}
