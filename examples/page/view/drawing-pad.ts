import {asMnist} from './as-mnist.js';
import {byId} from './element.js';

const PEN_WIDTH = 22;
/** A canvas draws no line without a length. */
const DOT = 0.1;
const KEY_STEP = 10;
const MOVES: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-KEY_STEP, 0],
  ArrowRight: [KEY_STEP, 0],
  ArrowUp: [0, -KEY_STEP],
  ArrowDown: [0, KEY_STEP],
};

/** Where a digit is drawn, by pointer or by keys. */
export class DrawingPad {
  readonly #canvas = byId('pad', HTMLCanvasElement);
  readonly #context = this.#canvas.getContext('2d', {willReadFrequently: true})!;
  readonly #pen = byId('pen', HTMLElement);
  readonly #drawn: (pixels: Float32Array) => void;
  #at: readonly [x: number, y: number] = [this.#canvas.width / 2, this.#canvas.height / 2];
  #isDown = false;

  /** `drawn` gets the digit whenever it has changed, as MNIST shows it. */
  constructor(drawn: (pixels: Float32Array) => void) {
    this.#drawn = drawn;
    this.#canvas.addEventListener('pointerdown', event => this.#press(event));
    this.#canvas.addEventListener('pointermove', event => this.#move(event));
    for (const end of ['pointerup', 'pointercancel'] as const) {
      this.#canvas.addEventListener(end, () => (this.#isDown = false));
    }
    this.#canvas.addEventListener('keydown', event => this.#key(event));
    this.#canvas.addEventListener('blur', () => this.#leave());
  }

  clear(): void {
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** Shows a digit of 28 x 28 pixels in [0, 1]. */
  show(pixels: Float32Array): void {
    const side = Math.sqrt(pixels.length);
    const size = this.#canvas.width / side;
    this.clear();
    pixels.forEach((value, i) => {
      this.#context.fillStyle = `rgb(from ${this.#ink} r g b / ${value})`;
      this.#context.fillRect((i % side) * size, Math.floor(i / side) * size, size, size);
    });
  }

  get #ink(): string {
    return getComputedStyle(this.#canvas).color;
  }

  #press(event: PointerEvent): void {
    this.#leave();
    this.#canvas.setPointerCapture(event.pointerId);
    this.#isDown = true;
    const [x, y] = this.#pointOf(event);
    this.#at = [x, y];
    this.#lineTo([x + DOT, y]);
  }

  #move(event: PointerEvent): void {
    if (this.#isDown && event.buttons !== 0) this.#lineTo(this.#pointOf(event));
  }

  #key(event: KeyboardEvent): void {
    const move = MOVES[event.key];
    if (!move && event.key !== ' ') return;
    event.preventDefault();
    if (!move) this.#isDown = !this.#isDown;
    const [x, y] = move ?? [0, 0];
    const inside = (value: number) => Math.min(Math.max(value, 0), this.#canvas.width);
    const to = [inside(this.#at[0] + x), inside(this.#at[1] + y)] as const;
    if (this.#isDown) this.#lineTo(to);
    this.#at = to;
    this.#showPen();
  }

  #leave(): void {
    this.#isDown = false;
    this.#pen.hidden = true;
  }

  #showPen(): void {
    this.#pen.hidden = false;
    this.#pen.classList.toggle('down', this.#isDown);
    const [left, top] = this.#at.map(value => `${(100 * value) / this.#canvas.width}%`);
    Object.assign(this.#pen.style, {left, top});
  }

  #pointOf({clientX, clientY}: PointerEvent): readonly [x: number, y: number] {
    const {left, top, width} = this.#canvas.getBoundingClientRect();
    const scale = this.#canvas.width / width;
    return [(clientX - left) * scale, (clientY - top) * scale];
  }

  #lineTo(to: readonly [x: number, y: number]): void {
    const context = this.#context;
    Object.assign(context, {strokeStyle: this.#ink, lineWidth: PEN_WIDTH, lineCap: 'round', lineJoin: 'round'});
    context.beginPath();
    context.moveTo(...this.#at);
    context.lineTo(...to);
    context.stroke();
    this.#at = to;
    const pixels = asMnist(this.#canvas);
    if (pixels) this.#drawn(pixels);
  }
}
