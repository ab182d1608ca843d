import {inputsOf, type Graph, type Node, type Term} from '../graph/nodes.js';
import {areAlike, isVector, type Value} from '../graph/value.js';
import type {Draft} from './layout.js';

const FLOAT = 4;
/** Kernels may write so much behind a value, and read it: 16 numbers. */
const SLACK = 64;
/** Planes whose distance is a multiple of this many bytes would share few lines of a cache. */
const CACHE_PERIOD = 1024;

/** How far kernels read beside an image. */
interface Margins {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

const NONE: Margins = {top: 0, bottom: 0, left: 0, right: 0};

/** What values that are computed position by position share: the distances of lines and of images, in numbers. */
interface Frame {
  readonly line: number;
  readonly image: number;
  /** Whether all images lie one behind the other, without anything between. */
  readonly isFlat: boolean;
}

/**
 * How each value lies in memory: channel by channel, each a plane of all images. Where a kernel reads beside an image
 * there are zeros, one column of them for the end of a line and the beginning of the next.
 */
export function draftLayouts({nodes, inputs, outputs, constants}: Graph, batch: number): Map<Value, Draft> {
  const margins = marginsOf(nodes);
  const drafts = new Map<Value, Draft>();
  for (const group of groupsOf(nodes)) {
    const frame = frameOf(group, margins, batch);
    for (const value of group) drafts.set(value, planes(value, frame, margins.get(value), batch));
  }
  for (const value of [...inputs, ...outputs, ...inOrder(nodes)]) drafts.set(value, interleaved(value, batch));
  for (const value of constants.keys()) drafts.set(value, {...interleaved(value, 1), imageStep: 0});
  return drafts;
}

/** What recurrent layers take and make lies step by step, and what tf.js does as in its tensors. */
function inOrder(nodes: readonly Node[]): Value[] {
  return nodes.flatMap(node => {
    return node.kind === 'recurrent' || node.kind === 'foreign' ? [...inputsOf(node), node.output] : [];
  });
}

function marginsOf(nodes: readonly Node[]): Map<Value, Margins> {
  const margins = new Map<Value, Margins>();
  for (const node of nodes) {
    if (node.kind !== 'linear') continue;
    for (const term of node.terms) {
      margins.set(term.input, larger(margins.get(term.input) ?? NONE, marginsOfTerm(term, node.output)));
    }
  }
  return margins;
}

function marginsOfTerm(term: Term, {height, width}: Value): Margins {
  const {input, taps} = term;
  const stride = strideOf(term);
  const most = (numbers: readonly number[]) => Math.max(0, ...numbers);
  return {
    top: most(taps.map(({down}) => -down)),
    bottom: most(taps.map(({down}) => stride * (height - 1) + down + 1 - input.height)),
    left: most(taps.map(({right}) => -right)),
    right: most(taps.map(({right}) => stride * (width - 1) + right + 1 - input.width)),
  };
}

function strideOf(term: Term): number {
  return term.kind === 'channelwise' ? term.stride : 1;
}

function larger(a: Margins, b: Margins): Margins {
  return {
    top: Math.max(a.top, b.top),
    bottom: Math.max(a.bottom, b.bottom),
    left: Math.max(a.left, b.left),
    right: Math.max(a.right, b.right),
  };
}

/** The values of all nodes, in groups whose positions must have the same distances. */
function groupsOf(nodes: readonly Node[]): Iterable<readonly Value[]> {
  const groups = new Map<Value, Value[]>();
  const groupOf = (value: Value) => {
    if (!groups.has(value)) groups.set(value, [value]);
    return groups.get(value)!;
  };
  for (const node of nodes) {
    const group = groupOf(node.output);
    for (const input of inputsOf(node)) {
      const other = groupOf(input);
      if (group === other || !isByPosition(node, input)) continue;
      group.push(...other);
      for (const value of other) groups.set(value, group);
    }
  }
  return new Set(groups.values());
}

function isByPosition(node: Node, input: Value): boolean {
  if (node.kind === 'combine') return areAlike(node.output, input);
  if (node.kind === 'linear') return node.terms.every(term => strideOf(term) === 1);
  return node.kind === 'map' || node.kind === 'softmax' || node.kind === 'normalize';
}

function frameOf(group: readonly Value[], margins: ReadonlyMap<Value, Margins>, batch: number): Frame {
  const [{height, width}] = group as [Value];
  const isFlat = group.every(value => {
    const {top, bottom, left, right} = margins.get(value) ?? NONE;
    return value.height === height && value.width === width && top + bottom + left + right === 0;
  });
  if (isFlat) return {line: width, image: height * width, isFlat};
  const line = Math.max(...group.map(value => value.width + columnsBeside(margins.get(value))));
  const image = batch > 1 ? Math.max(...group.map(value => imageSize(value, line, margins.get(value)))) : 0;
  return {line, image, isFlat};
}

function columnsBeside({left, right}: Margins = NONE): number {
  return Math.max(left, right);
}

/** The numbers from one image to the next: with what is read before and behind it. */
function imageSize({height}: Value, line: number, {top, bottom, left, right}: Margins = NONE): number {
  return roundedUp(height * line + Math.max(top * line + left, bottom * line + right));
}

/** To whole vectors. */
function roundedUp(numbers: number): number {
  return Math.ceil(numbers / 4) * 4;
}

function planes(value: Value, frame: Frame, margins: Margins | undefined, batch: number): Draft {
  const {top, bottom, left, right} = margins ?? NONE;
  const isRead = top + bottom + left + right > 0;
  if (batch === 1 && isVector(value) && !isRead) return dense(value);
  const {height, width, channels} = value;
  const {line, isFlat} = frame;
  const image = isFlat || batch > 1 ? frame.image : imageSize(value, line, margins);
  const before = isRead ? roundedUp(top * line + left) * FLOAT : 0;
  const channelStep = apart(roundedUp(batch * image) * FLOAT, channels, isFlat || batch === 1);
  return {
    address: before,
    channelStep,
    imageStep: (batch === 1 ? channelStep / FLOAT : image) * FLOAT,
    lineStep: line * FLOAT,
    columnStep: FLOAT,
    runs: isFlat ? 1 : batch,
    runLength: isFlat ? batch * image : (height - 1) * line + width,
    isDense: false,
    zerosBefore: isRead ? before : undefined,
    bytes: before + channels * channelStep + SLACK,
  };
}

function apart(step: number, channels: number, mayGrow: boolean): number {
  return mayGrow && channels > 1 && step % CACHE_PERIOD === 0 ? step + 64 : step;
}

function dense(value: Value): Draft {
  return {...interleaved(value, 1), isDense: true};
}

/** As users have it: all channels of a position, then the next position. */
function interleaved({height, width, channels}: Value, batch: number): Draft {
  const columnStep = channels * FLOAT;
  const lineStep = width * columnStep;
  const imageStep = height * lineStep;
  return {
    address: 0,
    channelStep: FLOAT,
    imageStep,
    lineStep,
    columnStep,
    runs: 1,
    runLength: 1,
    isDense: false,
    zerosBefore: undefined,
    bytes: batch * imageStep + SLACK,
  };
}
