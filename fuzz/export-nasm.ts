/**
 * A case as NASM source of its own: a Multiboot image that puts memory and state in place, runs the case's code,
 * and writes the registers at its end to the first serial port. So other emulators, and real machines, can show what
 * they make of it.
 */
import { CR0_PE, CR0_PG, CS, RF, TF, VM } from '../src/cpu/registers.ts';
import { DecodeStatus, decode } from '../src/decoder/decode.ts';
import { Instruction } from '../src/decoder/instruction.ts';
import { format } from '../src/decoder/print.ts';
import { EXTREMES, type FuzzCase, type Patch } from './case.ts';
import { bytesText } from './export/nasm-bytes.ts';
import { reportText } from './export/report-text.ts';
import { entryText, floatingImage, OWN_CODE, OWN_CODE_16, OWN_DATA, OWN_GDT, stateText } from './export/state-text.ts';
import { IMAGE, imageEnd, type Surroundings, surroundingsOf } from './export/surroundings.ts';
import { initialCode } from './initial-memory.ts';

/** RAM of a PC ends here; what a case has above is left out. */
const LOW_END = 0xa_0000;
/** Where handlers of real mode go, unless the case has something there. */
const MONITORS: readonly number[] = [0x9_0000, 0x8_0000, 0x7_0000, 0x6_0000, 0x3_0000, 0x2_0000];
const MONITOR_SIZE = 0x8000;
const HLT = 0xf4;
const INT3 = 0xcc;
/** Instructions listed. */
const LISTED = 60;
const BREAKS = /[\r\n]+/g;

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;

function entryOf(c: FuzzCase): number {
  return (c.initial.segments[CS]!.base + c.initial.eip) >>> 0;
}

/** The code in Intel syntax, one instruction a line, as far as it is straight. */
function listing(c: FuzzCase): string[] {
  const insn = new Instruction();
  const start = entryOf(c);
  const code32 = (c.initial.segments[CS]!.attributes & 0x40_0000) !== 0;
  const lines: string[] = [];
  for (let at = 0; at < c.codeLength && lines.length < LISTED; ) {
    const code = initialCode(c, (start + at) >>> 0);
    if (decode(code, 0, code.length, code32, insn) !== DecodeStatus.Ok) break;
    const eip = (c.initial.eip + at) >>> 0;
    lines.push(`;   ${eip.toString(16).padStart(8, '0')}  ${format(insn, eip)}`);
    at += insn.length;
  }
  return lines;
}

/** Without the HLTs around the code: INT3 in their place reports. */
function reporting(c: FuzzCase, patch: Patch): Patch {
  const start = entryOf(c);
  const around = patch.at <= start && start + c.codeLength <= patch.at + patch.bytes.length;
  if (!around) return patch;
  const bytes = patch.bytes.map((byte, n) => {
    const inside = patch.at + n >= start && patch.at + n < start + c.codeLength;
    return byte === HLT && !inside ? INT3 : byte;
  });
  return { at: patch.at, bytes };
}

/** Parts of memory that a PC has. */
function clipped(patch: Patch): Patch {
  return { at: patch.at, bytes: patch.bytes.slice(0, Math.max(0, LOW_END - patch.at)) };
}

function monitorOf(c: FuzzCase): number {
  const used = [
    ...c.patches.map(({ at, bytes }) => [at, at + bytes.length] as const),
    ...(c.background ? [[c.background.at, c.background.at + c.background.size] as const] : []),
  ];
  return MONITORS.find((at) => used.every(([from, to]) => to <= at || from >= at + MONITOR_SIZE)) ?? MONITORS[0]!;
}

function memoryText(c: FuzzCase, patches: readonly Patch[], surroundings: Surroundings): string {
  const { background } = c;
  const lines = ['  xor edi, edi', `  mov ecx, ${hex(LOW_END / 4)}`, '  xor eax, eax', '  rep stosd'];
  if (background !== undefined && background.at < LOW_END) {
    const words = Math.min(background.size, LOW_END - background.at) / 4;
    lines.push(`  mov edi, ${hex(background.at)}`, `  mov ebp, ${words >>> 0}`);
    lines.push(`  mov ebx, ${hex(background.seed)}`, '  call fill_background');
  }
  patches.forEach(({ at, bytes }, n) => {
    if (bytes.length === 0) return;
    lines.push(`  mov esi, patch_${n}`, `  mov edi, ${hex(at)}`, `  mov ecx, ${bytes.length}`, '  rep movsb');
  });
  for (const [at, word] of surroundings.words) lines.push(`  mov dword [${hex(at)}], ${hex(word)}`);
  return lines.join('\n');
}

/** xorshift32; one word in eight is an extreme value: see backgroundWords. */
const BACKGROUND = `fill_background:                ; EBP words at EDI, from the seed in EBX
  mov eax, ebx
  shl eax, 13
  xor ebx, eax
  mov eax, ebx
  shr eax, 17
  xor ebx, eax
  mov eax, ebx
  shl eax, 5
  xor ebx, eax
  mov eax, ebx
  test bl, 7
  jnz .store
  shr eax, 8
  xor edx, edx
  mov ecx, ${EXTREMES.length}
  div ecx
  mov eax, [extremes+edx*4]
.store:
  stosd
  dec ebp
  jnz fill_background
  ret
extremes:
  dd ${EXTREMES.map(hex).join(', ')}`;

const SERIAL = `  mov dx, 0x3f9
  mov al, 0
  out dx, al
  mov dx, 0x3fb
  mov al, 3
  out dx, al
  mov al, 0xff
  out 0x21, al
  out 0xa1, al`;

function notesOf(c: FuzzCase, surroundings: Surroundings): readonly string[] {
  const { initial } = c;
  const notes = [...surroundings.notes];
  const real = (initial.cr0 & CR0_PE) === 0;
  if ((initial.eflags & (TF | RF)) !== 0 && initial.cpl === 0) notes.push('EFLAGS.TF and RF are left out');
  if (c.exceptions === 'deliver') notes.push('exceptions go through the IDT of the case: nothing is reported');
  if (initial.cpl === 0 && !real) notes.push('the report needs the stack of the case: without one it is a shutdown');
  if (c.interrupts.length > 0) notes.push('interrupts are not requested');
  if (c.patches.some(({ at, bytes }) => at + bytes.length > LOW_END)) {
    notes.push(`memory from ${hex(LOW_END)} on is left out`);
  }
  const odd = initial.segments.some((s, n) => n < 6 && s.base !== s.selector * 16);
  if ((real || (initial.eflags & VM) !== 0) && odd)
    notes.push('segments whose base is not their selector * 16 get that');
  return notes;
}

function handlersText(c: FuzzCase, surroundings: Surroundings, monitor: number): string {
  if (c.exceptions === 'deliver') return '';
  const floating = (c.initial.cr0 & 8) === 0;
  if ((c.initial.cr0 & CR0_PE) === 0) {
    return `align 16
reporter:
%assign vector 0
%rep 256
  dw stubs - reporter + vector * STUB_SIZE, REPORT_AT >> 4
%assign vector vector + 1
%endrep
${reportText(16, 'reporter', floating)}
reporter_end:
REPORT_AT equ ${hex(monitor)}`;
  }
  return `align 8
idt:
%assign vector 0
%rep 256
  dw (stubs - $$ + IMAGE + vector * STUB_SIZE) & 0xffff, ${hex(surroundings.handlerCode)}
  dw 0xee00, (stubs - $$ + IMAGE + vector * STUB_SIZE) >> 16
%assign vector vector + 1
%endrep
${reportText(32, '0', floating)}`;
}

function tableText(c: FuzzCase): string {
  const { gdtr, idtr } = c.initial;
  const real = (c.initial.cr0 & CR0_PE) === 0;
  const own = real ? '  dw 0x3ff\n  dd REPORT_AT' : '  dw 0x7ff\n  dd idt';
  const idt = c.exceptions === 'deliver' ? `  dw ${hex(idtr.limit)}\n  dd ${hex(idtr.base)}` : own;
  return `case_gdtr:
  dw ${hex(gdtr.limit)}
  dd ${hex(gdtr.base)}
case_idtr:
${idt}
own_gdtr:
  dw 0xffff
  dd ${hex(OWN_GDT)}`;
}

/**
 * A case as NASM source (`nasm -f bin`): a Multiboot image for `qemu-system-i386 -kernel`, for other machines with a
 * Multiboot loader, and for `transvisor run -kernel`. It writes vector, error code and registers to COM1 when the case ends
 * with an exception or behind its code (vector 3: INT3 stands there in place of HLT). What cannot be shown on a PC
 * is left out, and said in a comment.
 */
export function exportNasm(c: FuzzCase): string {
  const surroundings = surroundingsOf(c);
  const { initial } = c;
  const real = (initial.cr0 & CR0_PE) === 0;
  const monitor = monitorOf(c);
  const patches = c.patches.map((patch) => clipped(c.exceptions === 'first' ? reporting(c, patch) : patch));
  const paging = (initial.cr0 & CR0_PG) !== 0 ? 'paging' : 'no paging';
  const head = [
    `; Case ${c.name.replaceAll(BREAKS, ' ')}: ${c.mode}, level ${initial.cpl}, ${paging}. Made by transvisor fuzz.`,
    ';   nasm -f bin -o case.bin case.asm',
    ';   qemu-system-i386 -kernel case.bin -serial stdio -display none -device isa-debug-exit,iobase=0xf4',
    ';   transvisor run -kernel case.bin',
    ...listing(c),
    ...notesOf(c, surroundings).map((note) => `; Note: ${note}.`),
  ];
  const copyMonitor =
    real && c.exceptions === 'first'
      ? `  mov esi, reporter\n  mov edi, REPORT_AT\n  mov ecx, reporter_end - reporter\n  rep movsb`
      : '';
  const noMonitor = real && c.exceptions === 'deliver' ? `REPORT_AT equ ${hex(monitor)}` : '';
  return `${head.join('\n')}
IMAGE equ ${hex(IMAGE)}
REPORT_ROOM equ ${hex(MONITOR_SIZE)}
bits 32
org IMAGE
header:
  dd 0x1badb002, 0x10000, -(0x1badb002 + 0x10000)
  dd header, IMAGE, image_end, image_end, start
start:
  cli
  cld
  mov esp, ${hex(imageEnd(c))}
${SERIAL}
${entryText(OWN_CODE, [0xffff, 0xcf9b00])}
${entryText(OWN_DATA, [0xffff, 0xcf9300])}
${entryText(OWN_CODE_16, [0xffff, 0x9b00 | (IMAGE >>> 16)])}
  lgdt [own_gdtr]
  jmp ${hex(OWN_CODE)}:own_tables
own_tables:
  mov ax, ${hex(OWN_DATA)}
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov fs, ax
  mov gs, ax
${memoryText(c, patches, surroundings)}
${copyMonitor}
${stateText(initial, imageEnd(c))}

${tableText(c)}
${BACKGROUND}
${noMonitor}
${handlersText(c, surroundings, monitor)}
align 16
floating:
${bytesText(floatingImage(initial))}
${patches.map(({ bytes }, n) => (bytes.length === 0 ? '' : `patch_${n}:\n${bytesText(bytes)}`)).join('\n')}
image_end:
%if image_end - header > ${hex(imageEnd(c) - IMAGE - 0x1000)}
%error "the image is too long"
%endif
`;
}
