/**
 * The part of Binaryen that lowering uses, by its raw functions: three times
 * cheaper an expression than the convenience wrappers. Loaded on first use,
 * because importing Binaryen takes a third of a second.
 */
import type binaryenNamespace from 'binaryen';

type Binaryen = typeof binaryenNamespace;
export type ExpressionRef = number;

interface RawFunctions {
  _malloc(size: number): number;
  _BinaryenSizeofLiteral(): number;
  _BinaryenLiteralInt32(out: number, value: number): void;
  _BinaryenConst(module: number, literal: number): ExpressionRef;
  _BinaryenUnary(module: number, op: number, a: ExpressionRef): ExpressionRef;
  _BinaryenBinary(module: number, op: number, a: ExpressionRef, b: ExpressionRef): ExpressionRef;
  _BinaryenSelect(module: number, c: ExpressionRef, a: ExpressionRef, b: ExpressionRef): ExpressionRef;
  _BinaryenLocalGet(module: number, index: number, type: number): ExpressionRef;
  _BinaryenLocalSet(module: number, index: number, value: ExpressionRef): ExpressionRef;
  _BinaryenLocalTee(module: number, index: number, value: ExpressionRef, type: number): ExpressionRef;
  _BinaryenLoad(
    module: number,
    bytes: number,
    signed: boolean,
    offset: number,
    align: number,
    type: number,
    ptr: ExpressionRef,
    memory: number,
  ): ExpressionRef;
  _BinaryenStore(
    module: number,
    bytes: number,
    offset: number,
    align: number,
    ptr: ExpressionRef,
    value: ExpressionRef,
    type: number,
    memory: number,
  ): ExpressionRef;
  _BinaryenBlock(module: number, name: number, children: number, count: number, type: number): ExpressionRef;
  __i32_store(address: number, value: number): void;
  _BinaryenIf(module: number, c: ExpressionRef, a: ExpressionRef, b: ExpressionRef): ExpressionRef;
}

export interface Raw {
  readonly binaryen: Binaryen;
  readonly raw: RawFunctions;
  /** Room for one literal. */
  readonly literal: number;
  /** Room for the children of a block: LIST words. */
  readonly list: number;
}

/** Children of a block that `Raw.list` has room for. */
export const LIST = 1024;

let loaded: Raw | undefined;

/** Binaryen, imported once a process. */
export async function loadBinaryen(): Promise<Raw> {
  if (!loaded) {
    const { default: binaryen } = await import('binaryen');
    const raw = binaryen as unknown as RawFunctions;
    loaded = {
      binaryen,
      raw,
      literal: raw._malloc(raw._BinaryenSizeofLiteral()),
      list: raw._malloc(LIST * 4),
    };
  }
  return loaded;
}
