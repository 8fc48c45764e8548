/** What gdb is told of the processor: target.xml (GDB manual, "Target Descriptions", i386 features). */
import { CORE, type Register, SSE, SYSTEM } from './registers.ts';

/** Flags as `NAME BIT`. */
const EFLAGS = 'CF 0,PF 2,AF 4,ZF 6,SF 7,TF 8,IF 9,DF 10,OF 11,NT 14,RF 16,VM 17,AC 18,VIF 19,VIP 20,ID 21';
const MXCSR = 'IE 0,DE 1,ZE 2,OE 3,UE 4,PE 5,DAZ 6,IM 7,DM 8,ZM 9,OM 10,UM 11,PM 12,FZ 15';
const CR0 = 'PE 0,MP 1,EM 2,TS 3,ET 4,NE 5,WP 16,AM 18,NW 29,CD 30,PG 31';
const CR4 = 'VME 0,PVI 1,TSD 2,DE 3,PSE 4,PAE 5,MCE 6,PGE 7,PCE 8,OSFXSR 9,OSXMMEXCPT 10';

function flags(id: string, fields: string): string {
  const parts = fields
    .split(',')
    .map((field) => field.split(' '))
    .map(([name = '', bit]) => `<field name="${name}" start="${bit}" end="${bit}"/>`);
  return `<flags id="${id}" size="4">${parts.join('')}</flags>`;
}

function vector(id: string, type: string, count: number): string {
  return `<vector id="${id}" type="${type}" count="${count}"/>`;
}

const VECTORS: readonly (readonly [string, string, number, string])[] = [
  ['v4f', 'ieee_single', 4, 'v4_float'],
  ['v2d', 'ieee_double', 2, 'v2_double'],
  ['v16i8', 'int8', 16, 'v16_int8'],
  ['v8i16', 'int16', 8, 'v8_int16'],
  ['v4i32', 'int32', 4, 'v4_int32'],
  ['v2i64', 'int64', 2, 'v2_int64'],
];

/** An XMM register, in all the ways it can be seen. */
const VEC128 = [
  ...VECTORS.map(([id, type, count]) => vector(id, type, count)),
  '<union id="vec128">',
  ...VECTORS.map(([id, , , name]) => `<field name="${name}" type="${id}"/>`),
  '<field name="uint128" type="uint128"/></union>',
].join('');

function feature(name: string, types: string, registers: readonly Register[], first: number): string {
  const text = registers.map(
    ({ name, size, type }, n) => `<reg name="${name}" bitsize="${size * 8}" type="${type}" regnum="${first + n}"/>`,
  );
  return `<feature name="${name}">${types}${text.join('')}</feature>`;
}

export const TARGET_DESCRIPTION = [
  '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0"><architecture>i386</architecture>',
  feature('org.gnu.gdb.i386.core', flags('i386_eflags', EFLAGS), CORE, 0),
  feature('org.gnu.gdb.i386.sse', VEC128 + flags('i386_mxcsr', MXCSR), SSE, CORE.length),
  feature(
    'org.transvisor.i386.system',
    flags('i386_cr0', CR0) + flags('i386_cr4', CR4),
    SYSTEM,
    CORE.length + SSE.length,
  ),
  '</target>',
].join('');
