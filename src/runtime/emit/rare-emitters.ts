import {emitCombine} from './emit-combine.js';
import {emitForeign} from './emit-foreign.js';
import {emitLookUp} from './emit-look-up.js';
import {emitMap} from './emit-map.js';
import {emitRecurrent} from './emit-recurrent.js';
import type {Emitters} from './emitter.js';

export const RARE = {
  combine: emitCombine,
  foreign: emitForeign,
  lookUp: emitLookUp,
  map: emitMap,
  recurrent: emitRecurrent,
} satisfies Emitters;
