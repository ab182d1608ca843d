import {GAP, type KernelPicture} from '../protocol.js';
import {byId, create} from './element.js';
import {count, percent} from './number-format.js';
import {onThemeChange, themeColor, type Color} from './theme-colors.js';

/** Pictures up to this width are shown larger, with sharp dots; wider ones get more room. */
const SHARP_WIDTH = 400;
const STRONGEST = 127;

interface View {
  readonly canvas: HTMLCanvasElement;
  readonly left: HTMLElement;
  readonly pixels: ImageData;
  picture: KernelPicture;
}

/** A picture for each layer of the pruned net. */
export class KernelViews {
  readonly #host = byId('kernels', HTMLElement);
  readonly #views = new Map<string, View>();
  #colors = palette();

  constructor() {
    onThemeChange(() => {
      this.#colors = palette();
      this.#views.forEach(view => draw(view, this.#colors));
    });
  }

  begin(): void {
    this.#views.clear();
    this.#host.replaceChildren();
  }

  show(picture: KernelPicture): void {
    const view = this.#views.get(picture.layer) ?? this.#add(picture);
    view.picture = picture;
    draw(view, this.#colors);
  }

  #add(picture: KernelPicture): View {
    const {layer, shape, width, height} = picture;
    const canvas = create('canvas', {width, height, className: width <= SHARP_WIDTH ? 'sharp' : 'wide'});
    canvas.setAttribute('role', 'img');
    const left = create('span', {className: 'left'});
    const name = create('strong', {textContent: layer});
    const figure = create('figure', {}, create('figcaption', {}, name, ` ${shape.join(' × ')} `, left), canvas);
    this.#host.append(figure);
    const view = {canvas, left, pixels: new ImageData(width, height), picture};
    this.#views.set(layer, view);
    return view;
  }
}

function draw({canvas, left, pixels, picture}: View, colors: Uint32Array): void {
  const {layer, weights, kept, ink} = picture;
  left.textContent = `${count(kept)} of ${count(weights)} left (${percent(kept / weights)})`;
  canvas.setAttribute('aria-label', `${layer}: ${left.textContent}`);
  const rgba = new Uint32Array(pixels.data.buffer);
  for (let i = 0; i < ink.length; i++) rgba[i] = colors[ink[i]! - GAP]!;
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
}

/** The color of each ink from {@link GAP} to 127. */
function palette(): Uint32Array {
  const [positive, negative, line] = ['--positive', '--negative', '--line'].map(themeColor) as [Color, Color, Color];
  const bytes = new Uint8ClampedArray(4 * (STRONGEST - GAP + 1));
  const set = (ink: number, color: Color, alpha: number) => bytes.set([...color, alpha], 4 * (ink - GAP));
  set(GAP, line, 255);
  for (let strength = 1; strength <= STRONGEST; strength++) {
    set(strength, positive, (255 * strength) / STRONGEST);
    set(-strength, negative, (255 * strength) / STRONGEST);
  }
  return new Uint32Array(bytes.buffer);
}
