import {decodeLevels} from '../coder/coded-levels.js';
import {decodeText} from '../coder/coded-text.js';
import {NumberModel} from '../coder/number-model.js';
import {RangeDecoder} from '../coder/range-coder.js';
import type {Decoder, LevelStream} from './decoder.js';

/** Decodes as the compiled decoder does, in JavaScript. Levels wait for all bytes. */
export const PLAIN_DECODER: Decoder = {
  text: decodeText,
  numbers(bits, runs) {
    const range = new RangeDecoder(bits);
    return runs.map(({count, bits}) => {
      const model = new NumberModel();
      return Uint32Array.from({length: count}, () => model.code(range, 0, bits));
    });
  },
  levels(stream: LevelStream) {
    let isDone = false;
    return {
      decode(available, take) {
        if (isDone || available < stream.bits.length) return;
        isDone = true;
        decodeLevels(stream.bits, stream).forEach((levels, kernel) => take(kernel, levels));
      },
    };
  },
};
