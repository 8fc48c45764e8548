/** The printer by hand-picked cases; iced.test.ts covers the breadth. */
import { expect, test } from 'vitest';
import { DecodeStatus, decode } from '../../src/decoder/decode.ts';
import { Instruction } from '../../src/decoder/instruction.ts';
import { disassemble, formatLine } from '../../src/decoder/listing.ts';
import { format } from '../../src/decoder/print.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

function printed(hex: string, code32: boolean): string {
  const insn = new Instruction();
  const bytes = bytesOf(hex);
  expect(decode(bytes, 0, bytes.length, code32, insn)).toBe(DecodeStatus.Ok);
  return format(insn, 0x1000);
}

test.each([
  ['8b 45 08', 'mov eax,dword ptr [ebp+8]'],
  ['65 8b 44 8b 80', 'mov eax,dword ptr gs:[ebx+ecx*4-0x80]'],
  ['a1 44 33 22 11', 'mov eax,dword ptr [0x11223344]'],
  ['8d 04 4d 00 00 00 00', 'lea eax,[ecx*2]'],
  ['83 c0 80', 'add eax,0xffffff80'],
  ['66 83 c0 80', 'add ax,0xff80'],
  ['f0 0f b1 0b', 'lock cmpxchg dword ptr [ebx],ecx'],
  ['f3 a5', 'rep movsd'],
  ['f3 65 a4', 'rep movsb byte ptr [edi],byte ptr gs:[esi]'],
  ['f2 ae', 'repne scasb'],
  ['74 0e', 'je 0x1010'],
  ['66 e8 00 00', 'data16 call 0x1004'],
  ['9a 44 33 22 11 08 00', 'call far 8:0x11223344'],
  ['98', 'cwde'],
  ['66 60', 'pusha'],
  ['e3 00', 'jecxz 0x1002'],
  ['8e d8', 'mov ds,ax'],
  ['0f 22 d8', 'mov cr3,eax'],
  ['d9 c9', 'fxch st(1)'],
  ['d8 c1', 'fadd st(0),st(1)'],
  ['df e0', 'fnstsw ax'],
  ['f2 0f 10 00', 'movsd xmm0,qword ptr [eax]'],
  ['0f c2 c1 02', 'cmpps xmm0,xmm1,2'],
  ['d1 e0', 'shl eax,1'],
  ['c8 10 00 01', 'enter 0x10,1'],
])('%s is %s', (hex, text) => {
  expect(printed(hex, true)).toBe(text);
});

test.each([
  ['8b 42 fe', 'mov ax,word ptr [bp+si-2]'],
  ['67 8b 04 24', 'mov ax,word ptr [esp]'],
  ['eb fe', 'jmp 0x1000'],
  ['9c', 'pushf'],
  ['66 0f 01 10', 'data32 lgdt fword ptr [bx+si]'],
])('in 16-bit code %s is %s', (hex, text) => {
  expect(printed(hex, false)).toBe(text);
});

test('a listing holds every byte once and goes on after bytes that are no instruction', () => {
  const bytes = bytesOf('55 89 e5 0f 04 c3 b8 01');
  const lines = [...disassemble(bytes, 0x1000, true)];
  expect(lines.map((line) => line.text)).toEqual(['push ebp', 'mov ebp,esp', '(bad)', 'add al,0xc3', '(bad)', '(bad)']);
  expect(lines.flatMap((line) => [...line.bytes])).toEqual([...bytes]);
  expect(formatLine({ address: 0x1001, bytes: bytesOf('89 e5'), text: 'mov ebp,esp' })).toBe(
    '00001001  89 e5                           mov ebp,esp',
  );
});
