import {GAP, type KernelPicture} from '../protocol.js';
import {byId, create} from './element.js';
import {count, percent} from './number-format.js';
import {onThemeChange, themeColor, type Color} from './theme-colors.js';

/** Pictures up to this width are shown larger, with sharp dots; wider ones fill a row. */
const SHARP_WIDTH = 400;
const STRONGEST = 127;

interface View {
  readonly canvas: HTMLCanvasElement;
  readonly left: HTMLElement;
  picture: KernelPicture;
}

/** A picture for each layer of the pruned net. */
export class KernelViews {
  readonly #host = byId('kernels', HTMLElement);
  readonly #views = new Map<string, View>();

  constructor() {
    onThemeChange(() => this.#views.forEach(draw));
  }

  begin(): void {
    this.#views.clear();
    this.#host.replaceChildren();
  }

  show(picture: KernelPicture): void {
    const view = this.#views.get(picture.layer) ?? this.#add(picture);
    view.picture = picture;
    draw(view);
  }

  #add(picture: KernelPicture): View {
    const {layer, shape, width, height} = picture;
    const canvas = create('canvas', {width, height, className: width <= SHARP_WIDTH ? 'sharp' : 'wide'});
    canvas.setAttribute('role', 'img');
    const left = create('span', {className: 'left'});
    const name = create('strong', {textContent: layer});
    const figure = create('figure', {}, create('figcaption', {}, name, ` ${shape.join(' × ')} `, left), canvas);
    figure.style.setProperty('--wide', String(Math.sqrt(width / height)));
    this.#host.append(figure);
    const view = {canvas, left, picture};
    this.#views.set(layer, view);
    return view;
  }
}

function draw({canvas, left, picture}: View): void {
  const {layer, weights, kept, width, height, ink} = picture;
  left.textContent = `${count(kept)} of ${count(weights)} left (${percent(kept / weights)})`;
  canvas.setAttribute('aria-label', `${layer}: ${left.textContent}`);
  const pixels = new ImageData(width, height);
  const [positive, negative, line] = ['--positive', '--negative', '--line'].map(themeColor) as [Color, Color, Color];
  for (let i = 0; i < ink.length; i++) {
    if (ink[i] === GAP) dot(pixels.data, i, line, STRONGEST);
    else if (ink[i] !== 0) dot(pixels.data, i, ink[i]! > 0 ? positive : negative, Math.abs(ink[i]!));
  }
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
}

function dot(data: Uint8ClampedArray, pixel: number, [red, green, blue]: Color, strength: number): void {
  data[4 * pixel] = red;
  data[4 * pixel + 1] = green;
  data[4 * pixel + 2] = blue;
  data[4 * pixel + 3] = (255 * strength) / STRONGEST;
}
