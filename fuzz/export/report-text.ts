/**
 * The part of an exported case that reports: entry points for all 256 vectors, and code that writes the registers to
 * the first serial port. The same text does for 16 and 32 bits; what differs is the frame on the stack.
 */

/** Where the frame's parts are behind PUSHAD, and how they are read. */
interface FrameText {
  readonly vector: string;
  readonly error: string;
  readonly eip: string;
  readonly cs: string;
  readonly eflags: string;
  /** ESP into EAX, and SS. */
  readonly esp: string;
  readonly ss: string;
}

const FRAME_16: FrameText = {
  vector: 'movzx eax, word [ss:ebp+32]',
  error: 'xor eax, eax',
  eip: 'movzx eax, word [ss:ebp+34]',
  cs: 'movzx eax, word [ss:ebp+36]',
  eflags: 'movzx eax, word [ss:ebp+38]',
  esp: 'mov eax, [ss:ebp+12]',
  ss: 'mov ax, [ss:ebp+40]',
};

const FRAME_32: FrameText = {
  vector: 'mov eax, [ss:ebp+32]',
  error: 'mov eax, [ss:ebp+36]',
  eip: 'mov eax, [ss:ebp+40]',
  cs: 'mov eax, [ss:ebp+44]',
  eflags: 'mov eax, [ss:ebp+48]',
  esp: 'call outer_esp',
  ss: 'call outer_ss',
};

/**
 * The stack of real mode may end anywhere: what lies on it goes into the report's own segment, and from there, as a frame,
 * onto a stack of its own.
 */
function ownStack(): string {
  const at = (name: string) => `[cs:saved_${name} - REPORT_BASE]`;
  const all = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
  const words = ['vector', 'ip', 'cs', 'flags'];
  return [
    ...all.filter((name) => name !== 'esp').map((name) => `  mov ${at(name)}, ${name}`),
    ...words.map((name) => `  pop word ${at(name)}`),
    `  mov ${at('esp')}, esp`,
    `  mov ${at('ss')}, ss`,
    '  mov ax, cs',
    '  mov ss, ax',
    '  mov esp, REPORT_ROOM',
    ...['ss', ...words.toReversed()].map((name) => `  push word ${at(name)}`),
    ...all.map((name) => `  push dword ${at(name)}`),
    '  jmp saved_behind',
    ...all.map((name) => `saved_${name}: dd 0`),
    ...['ss', ...words].map((name) => `saved_${name}: dw 0`),
    'saved_behind:',
  ].join('\n');
}

/** Of an outer level the processor has pushed SS and ESP; of virtual-8086 mode data segments too. */
const OUTER = `
outer:                          ; ZF clear: of an outer level
  test dword [ss:ebp+48], 1 << 17
  jnz .yes
  test byte [ss:ebp+44], 3
.yes:
  ret
outer_esp:
  call outer
  mov eax, [ss:ebp+52]
  jnz .done
  mov eax, [ss:ebp+12]
  add eax, 20
.done:
  ret
outer_ss:
  call outer
  mov eax, [ss:ebp+56]
  jnz .done
  mov eax, ss
.done:
  ret
%macro virtual_segment 2
  mov eax, %1
  test dword [ss:ebp+48], 1 << 17
  jz %%done
  mov eax, [ss:ebp+%2]
%%done:
%endmacro`;

const HEX = `
puts:                           ; text at CS:ESI, ended by 0
  mov al, [cs:esi]
  inc esi
  test al, al
  jz .done
  call putc
  jmp puts
.done:
  ret
putc:
  push eax
  mov edx, 0x3fd
.wait:
  in al, dx
  test al, 0x20
  jz .wait
  pop eax
  mov edx, 0x3f8
  out dx, al
  ret
put32:                          ; EAX in hexadecimal
  mov ecx, 8
.digit:
  rol eax, 4
  push eax
  and al, 15
  cmp al, 10
  sbb al, 0x69
  das
  call putc
  pop eax
  dec ecx
  jnz .digit
  ret
%macro text 1+
  mov esi, %%text - REPORT_BASE
  call puts
  jmp %%behind
%%text: db %1, 0
%%behind:
%endmacro
%macro number 2+
  text %1
  %2
  call put32
%endmacro`;

const INTEGERS = ['edi', 'esi', 'ebp', '', 'ebx', 'edx', 'ecx', 'eax'];

function segmentText(bits: 16 | 32): string {
  const offsets = { es: 60, ds: 64, fs: 68, gs: 72 };
  return Object.entries(offsets)
    .map(([name, offset]) =>
      bits === 16
        ? `  number " ${name} ", mov eax, ${name}`
        : `  text " ${name} "\n  virtual_segment ${name}, ${offset}\n  call put32`,
    )
    .join('\n');
}

/** x87 and XMM registers as they were: FNSAVE's image goes below EBP, then one XMM register after the other. */
function floatingText(bits: 16 | 32): string {
  const registers = bits === 16 ? 14 : 28;
  const lines = [
    '  mov eax, cr0',
    '  and eax, ~0x0c               ; EM, TS',
    '  mov cr0, eax',
    '  mov eax, cr4',
    '  or eax, 0x200',
    '  mov cr4, eax',
    '  sub esp, 128',
    '  fnsave [ss:ebp-112]',
    `  number {13, 10, "fcw "}, movzx eax, word [ss:ebp-112]`,
    `  number " fsw ", movzx eax, word [ss:ebp-112+${bits / 8}]`,
    `  number " ftw ", movzx eax, word [ss:ebp-112+${bits / 4}]`,
  ];
  for (let n = 0; n < 8; n++) {
    const at = -112 + registers + n * 10;
    lines.push(`  number {13, 10, "st${n} "}, movzx eax, word [ss:ebp${at + 8}]`);
    lines.push(`  number " ", mov eax, [ss:ebp${at + 4}]`, `  number " ", mov eax, [ss:ebp${at}]`);
  }
  for (let n = 0; n < 8; n++) {
    lines.push(`  movups [ss:ebp-128], xmm${n}`);
    lines.push(`  number {13, 10, "xmm${n} "}, mov eax, [ss:ebp-116]`);
    for (const at of [120, 124, 128]) lines.push(`  number " ", mov eax, [ss:ebp-${at}]`);
  }
  return lines.join('\n');
}

/**
 * Code that reports, and then halts: labels `stubs` (each of 256 entry points is `STUB_SIZE` bytes long) and all they need.
 * @param base NASM expression of the address at which CS begins
 * @param floating x87 and XMM registers too
 */
export function reportText(bits: 16 | 32, base: string, floating: boolean): string {
  const frame = bits === 16 ? FRAME_16 : FRAME_32;
  const integers = INTEGERS.map((name, n) => ({ name, at: n * 4 })).filter(({ name }) => name !== '');
  return `
bits ${bits}
REPORT_BASE equ ${base}
STUB_SIZE equ 16
align 16
stubs:
%assign vector 0
%rep 256
  align 16, nop
${
  bits === 16
    ? '  push word vector'
    : `%if vector != 8 && (vector < 10 || vector > 14) && vector != 17
  push dword 0                  ; no error code
%endif
  push dword vector`
}
  jmp near report
%assign vector vector + 1
%endrep
${HEX}
${bits === 32 ? OUTER : ''}
report:
${bits === 16 ? ownStack() : '  pushad'}
${
  bits === 16
    ? '  mov ebp, esp'
    : `  mov ebp, esp
  mov ecx, ss
  lar ecx, cx
  jnz .wide
  bt ecx, 22
  jc .wide
  movzx ebp, bp
.wide:`
}
  number "vector ", ${frame.vector}
  number " error ", ${frame.error}
  number {13, 10, "eip "}, ${frame.eip}
  number " eflags ", ${frame.eflags}
  text {13, 10, "esp "}
  ${frame.esp}
  call put32
${integers.map(({ name, at }) => `  number " ${name} ", mov eax, [ss:ebp+${at}]`).join('\n')}
  number {13, 10, "cs "}, ${frame.cs}
  text " ss "
  ${frame.ss}
  movzx eax, ax
  call put32
${segmentText(bits)}
  number {13, 10, "cr0 "}, mov eax, cr0
  number " cr2 ", mov eax, cr2
${floating ? floatingText(bits) : ''}
  text {13, 10, "end", 13, 10}
  mov al, 0
  out 0xf4, al                  ; ends QEMU with -device isa-debug-exit,iobase=0xf4
.halt:
  cli
  hlt
  jmp .halt
`;
}
