import {emitCombine} from './emit-combine.js';
import {emitForeign} from './emit-foreign.js';
import {emitLookUp} from './emit-look-up.js';
import {emitMap} from './emit-map.js';
import {emitRecurrent} from './emit-recurrent.js';
import {emitDot, emitNormalize} from './emit-normalizations.js';
import type {Emitters} from './emitter.js';

export const RARE = {
  combine: emitCombine,
  dot: emitDot,
  foreign: emitForeign,
  lookUp: emitLookUp,
  map: emitMap,
  normalize: emitNormalize,
  recurrent: emitRecurrent,
} satisfies Emitters;
