import * as tf from '@tensorflow/tfjs';
import {seededRandom} from './figures.js';

type Random = () => number;
/** Whether a point is inside an outline around the origin. */
type Outline = (x: number, y: number) => boolean;
/** The colour of a point, within [0, 255] or not. */
type Surface = (x: number, y: number) => readonly number[];

/** Sizes are in pixels, so that edges and textures are as fine in small pictures as in large ones. */
interface Leaf {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly outline: Outline;
  readonly surface: Surface;
}

const CHANNELS = 3;
/** Each pixel is the mean of so many points in each direction, as in a camera. */
const POINTS = 2;
const AREA_OF_A_LEAF = 200;
const [SMALLEST, LARGEST] = [4, 60];
const [SHORTEST_WAVE, LONGEST_WAVE] = [4, 60];

/**
 * Pictures `[count, side, side, 3]` in [0, 255], determined by the seed: leaves that fell on each other, discs and
 * polygons of all sizes with smooth, striped and rough surfaces. Such pictures have the edges and the spectrum of
 * natural ones (dead leaves: Lee, Mumford, Huang 2001).
 */
export function pictures(count: number, side: number, seed: number): tf.Tensor4D {
  const random = seededRandom(seed);
  return tf.tidy(() => {
    const fine = Array.from({length: count}, () =>
      tf.tensor3d(points(side, random), [side * POINTS, side * POINTS, 3]),
    );
    return tf.avgPool(tf.clipByValue(tf.stack(fine) as tf.Tensor4D, 0, 255), POINTS, POINTS, 'valid');
  });
}

/** The points of a picture, row by row: first the ground, then leaf on leaf. */
function points(side: number, random: Random): Float32Array {
  const values = new Float32Array((side * POINTS) ** 2 * CHANNELS);
  const ground: Leaf = {x: side / 2, y: side / 2, radius: side, outline: () => true, surface: surfaceBy(random)};
  const leaves = Array.from({length: Math.ceil(side ** 2 / AREA_OF_A_LEAF)}, () => leafIn(side, random));
  for (const each of [ground, ...leaves]) paint(values, side, each);
  return values;
}

function paint(values: Float32Array, side: number, {x, y, radius, outline, surface}: Leaf): void {
  const within = (at: number) => Math.min(side * POINTS, Math.max(0, Math.ceil(at * POINTS)));
  for (let row = within(y - radius); row < within(y + radius); row++) {
    for (let column = within(x - radius); column < within(x + radius); column++) {
      const [px, py] = [column / POINTS, row / POINTS] as const;
      if (outline(px - x, py - y)) values.set(surface(px, py), (row * side * POINTS + column) * CHANNELS);
    }
  }
}

function leafIn(side: number, random: Random): Leaf {
  const radius = radiusBy(random);
  const outline = random() < 0.3 ? disc(radius) : polygon(radius, random);
  return {x: side * random(), y: side * random(), radius, outline, surface: surfaceBy(random)};
}

/** The density falls with the cube of the radius, as of things at all distances. */
function radiusBy(random: Random): number {
  const [few, many] = [LARGEST ** -2, SMALLEST ** -2];
  return (few + random() * (many - few)) ** -0.5;
}

function disc(radius: number): Outline {
  return (x, y) => x ** 2 + y ** 2 < radius ** 2;
}

/** A convex polygon; it may be as thin as a line. */
function polygon(radius: number, random: Random): Outline {
  const corners = 3 + Math.floor(3 * random());
  const turn = 2 * Math.PI * random();
  const sides = Array.from({length: corners}, (_, i) => {
    const angle = turn + (2 * Math.PI * i) / corners;
    return {across: Math.cos(angle), down: Math.sin(angle), distance: radius * (0.1 + 0.9 * random())};
  });
  return (x, y) => sides.every(({across, down, distance}) => x * across + y * down < distance);
}

/** A colour that changes slowly, with no waves, one (stripes), or many (roughness). */
function surfaceBy(random: Random): Surface {
  const light = 255 * random();
  const colors = Array.from({length: CHANNELS}, () => ({
    base: light + 120 * (random() - 0.5),
    across: random() - 0.5,
    down: random() - 0.5,
    tint: 60 * (0.3 + 0.7 * random()),
  }));
  const waves = Array.from({length: [0, 1, 8][Math.floor(3 * random())]!}, () => waveBy(random));
  const strength = random() / Math.sqrt(Math.max(1, waves.length));
  return (x, y) => {
    const rough = waves.reduce((sum, wave) => sum + wave(x, y), 0) * strength;
    return colors.map(({base, across, down, tint}) => base + across * x + down * y + tint * rough);
  };
}

/** A wave of any length, all octaves alike, which makes a spectrum as of natural surfaces. */
function waveBy(random: Random): (x: number, y: number) => number {
  const length = SHORTEST_WAVE * (LONGEST_WAVE / SHORTEST_WAVE) ** random();
  const [angle, phase] = [2 * Math.PI * random(), 2 * Math.PI * random()];
  const [across, down] = [Math.cos(angle), Math.sin(angle)].map(part => (2 * Math.PI * part) / length);
  return (x, y) => Math.sin(across! * x + down! * y + phase);
}
