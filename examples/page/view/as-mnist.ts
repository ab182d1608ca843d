const SIDE = 28;
const BOX = 20;

/**
 * A drawing as MNIST shows digits: scaled into a box of 20 x 20 pixels, with its center of mass in the middle of
 * 28 x 28. Undefined if nothing is drawn.
 */
export function asMnist(drawing: HTMLCanvasElement): Float32Array | undefined {
  const box = inkedBox(alphaOf(drawing), drawing.width);
  if (!box) return undefined;
  const scale = BOX / Math.max(box.width, box.height);
  const centered = scaled(drawing, scale, box.left + box.width / 2, box.top + box.height / 2);
  const [x, y] = centerOfMass(centered);
  const middle = (SIDE - 1) / 2;
  return scaled(
    drawing,
    scale,
    box.left + box.width / 2 + (x - middle) / scale,
    box.top + box.height / 2 + (y - middle) / scale,
  );
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function inkedBox(alpha: Float32Array, side: number): Box | undefined {
  let [left, top, right, bottom] = [side, side, -1, -1];
  alpha.forEach((value, i) => {
    if (value === 0) return;
    const [x, y] = [i % side, Math.floor(i / side)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  });
  return right < 0 ? undefined : {left, top, width: right - left + 1, height: bottom - top + 1};
}

/** The drawing at a scale, with one of its points in the middle. */
function scaled(drawing: HTMLCanvasElement, scale: number, x: number, y: number): Float32Array {
  const small = Object.assign(document.createElement('canvas'), {width: SIDE, height: SIDE});
  const context = small.getContext('2d', {willReadFrequently: true})!;
  context.imageSmoothingQuality = 'high';
  const [width, height] = [drawing.width * scale, drawing.height * scale];
  context.drawImage(drawing, SIDE / 2 - x * scale, SIDE / 2 - y * scale, width, height);
  return alphaOf(small);
}

function alphaOf(canvas: HTMLCanvasElement): Float32Array {
  const context = canvas.getContext('2d', {willReadFrequently: true})!;
  const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
  return Float32Array.from({length: data.length / 4}, (_, i) => data[4 * i + 3]! / 255);
}

function centerOfMass(pixels: Float32Array): [x: number, y: number] {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass += value;
    x += value * (i % SIDE);
    y += value * Math.floor(i / SIDE);
  });
  return [x / mass, y / mass];
}
