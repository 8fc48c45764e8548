/**
 * All x87 instructions, WAIT, FXSAVE and FXRSTOR: the topics in x87/ together.
 */
import type { Semantics } from '../handler.ts';
import { X87_ARITHMETIC } from './x87/arithmetic.ts';
import { X87_COMPARE } from './x87/compare.ts';
import { X87_CONTROL } from './x87/control.ts';
import { FXSAVE } from './x87/fxsave.ts';
import { X87_IMAGE } from './x87/image.ts';
import { X87_LOAD } from './x87/load.ts';
import { X87_STORE } from './x87/store.ts';
import { X87_TRANSCENDENTAL } from './x87/transcendental.ts';
import { X87_UNARY } from './x87/unary.ts';

export const X87: Semantics = {
  ...X87_ARITHMETIC,
  ...X87_COMPARE,
  ...X87_CONTROL,
  ...X87_IMAGE,
  ...X87_LOAD,
  ...X87_STORE,
  ...X87_TRANSCENDENTAL,
  ...X87_UNARY,
  ...FXSAVE,
};
