import {eachPlace} from '../../twin/moves.js';
import {whole, scaled, type Bytes} from './bytes.js';

/** See assembly/conversions.ts. */

export function quantize(bytes: Bytes, at: number): void {
  const [from, to, channels, channelStep, toStep, images, fromImage, toImage] = bytes.numbers(at + 8, 8) as Eight;
  const [lines, fromLine, toLine, width, columnStep] = bytes.numbers(at + 40, 5) as Eight;
  const [factor, shift] = [bytes.float(at + 60), bytes.float(at + 64)];
  for (let slot = 0; slot < 4 * Math.ceil(channels / 4); slot++) {
    const channel = Math.min(slot, channels - 1);
    const out = to + Math.floor(slot / 4) * toStep + (slot % 4);
    eachPlace([images, fromImage, toImage, lines, fromLine, toLine, width, columnStep, 4], 2, ([x, y]) => {
      bytes.storeByte(out + y!, whole(scaled(bytes.float(from + channel * channelStep + x!), factor, shift), 0, 127));
    });
  }
}

type Eight = [number, number, number, number, number, number, number, number];

export function dequantize(bytes: Bytes, at: number): void {
  const [from, to, channels, fromStep, channelStep, images, fromImage, toImage] = bytes.numbers(at + 8, 8) as Eight;
  const [lines, fromLine, toLine, width, columnStep] = bytes.numbers(at + 40, 5) as Eight;
  const [scale, zero] = [bytes.float(at + 60), bytes.float(at + 64)];
  for (let channel = 0; channel < channels; channel++) {
    const first = from + Math.floor(channel / 4) * fromStep + (channel % 4);
    eachPlace([images, fromImage, toImage, lines, fromLine, toLine, width, 4, columnStep], 2, ([x, y]) => {
      bytes.store(to + channel * channelStep + y!, (bytes.byte(first + x!) - zero) * scale);
    });
  }
}
