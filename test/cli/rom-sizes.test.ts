/**
 * `run -bios` with images of 64 to 256 KiB: all of it ends at 4 GiB, the last 128 KiB at 1 MiB; POST codes go to a port,
 * results to a printer.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { hex } from '../support/rom.ts';

const transvisor = fileURLToPath(new URL('../../bin/transvisor', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'transvisor-rom-'));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * At FFFF8000h and, from `low` on, at F000:8000. Every page has its number at FE0h. The words at 7FF0h: pages and start of
 * the image, and of its low part.
 */
const CODE = `
  ba 90 01                   ; mov dx, 0x190
  b0 01                      ; mov al, 1
  ee                         ; out dx, al
  2e 66 0f 01 16 a8 80       ; o32 lgdt [cs:gdtr]
  0f 20 c0                   ; mov eax, cr0
  0c 01                      ; or al, 1
  0f 22 c0                   ; mov cr0, eax
  bb 08 00                   ; mov bx, 8
  8e db                      ; mov ds, bx
  24 fe                      ; and al, 0xfe
  0f 22 c0                   ; mov cr0, eax
  2e 66 8b 0e f0 7f          ; mov ecx, [cs:0x7ff0]
  2e 66 8b 36 f4 7f          ; mov esi, [cs:0x7ff4]
  30 db                      ; xor bl, bl
  bd 32 80                   ; mov bp, $+5
  eb 23                      ; jmp check
  b0 02                      ; mov al, 2
  ba 90 01                   ; mov dx, 0x190
  ee                         ; out dx, al
  2e 66 8b 0e f8 7f          ; mov ecx, [cs:0x7ff8]
  2e 66 8b 36 fc 7f          ; mov esi, [cs:0x7ffc]
  2e 8a 1e f0 7f             ; mov bl, [cs:0x7ff0]
  28 cb                      ; sub bl, cl
  bd 50 80                   ; mov bp, $+5
  eb 05                      ; jmp check
  ea 6d 80 00 f0             ; jmp 0xf000:low
  67 38 9e e0 0f 00 00       ; cmp [esi + 0xfe0], bl
  75 0e                      ; jne fail
  fe c3                      ; inc bl
  66 81 c6 00 10 00 00       ; add esi, 0x1000
  67 e2 eb                   ; a32 loop check
  ff e5                      ; jmp bp
  f4                         ; fail: hlt
  b0 03                      ; mov al, 3
  ba 90 01                   ; mov dx, 0x190
  ee                         ; out dx, al
  be 8d 80                   ; mov si, text
  2e ac                      ; cs lodsb
  84 c0                      ; test al, al
  74 0f                      ; jz end
  ba 78 03                   ; mov dx, 0x378
  ee                         ; out dx, al
  ba 7a 03                   ; mov dx, 0x37a
  b0 0d                      ; mov al, 0xd
  ee                         ; out dx, al
  b0 0c                      ; mov al, 0xc
  ee                         ; out dx, al
  eb eb                      ; jmp print
  fa                         ; cli
  f4                         ; hlt
  70 72 69 6e 74 65 64 0a 00 ; text: db "printed", 10, 0
  90 90                      ; align 4
  00 00 00 00 00 00 00 00    ; gdt: dd 0,0
  ff ff 00 00 00 93 cf 00    ; dd 0xffff, 0x00cf9300
  0f 00                      ; gdtr: dw 15
  98 80 ff ff                ; dd gdt + 0xffff0000
`;

function image(size: number): Uint8Array {
  const rom = new Uint8Array(size);
  for (let page = 0; page < size >>> 12; page++) rom[page * 0x1000 + 0xfe0] = page;
  const last = rom.subarray(size - 0x1_0000);
  const low = Math.min(size, 0x2_0000);
  last.set(new Uint8Array(Int32Array.of(size >>> 12, -size, low >>> 12, 0x10_0000 - low).buffer), 0x7ff0);
  last.set(hex(CODE), 0x8000);
  last.set([0xe9, 0x0d, 0x80], 0xfff0);
  return rom;
}

test.each([64, 128, 256])('%i KiB', (size) => {
  const rom = join(folder, `${size}.rom`);
  const post = join(folder, `${size}.post`);
  const paper = join(folder, `${size}.paper`);
  writeFileSync(rom, image(size * 1024));
  const console = ['-chardev', `file,id=post,path=${post}`, '-device', 'isa-debugcon,iobase=0x190,chardev=post'];
  const args = ['run', '-bios', rom, '-display', 'none', ...console, '-parallel', `file:${paper}`];
  const run = spawnSync(process.execPath, [transvisor, ...args], { encoding: 'latin1', timeout: 30_000, input: '' });
  expect(run.stderr).toBe('transvisor: the guest halted for ever (HLT with interrupts disabled)\n');
  expect([...readFileSync(post)]).toEqual([1, 2, 3]);
  expect(readFileSync(paper, 'latin1')).toBe('printed\n');
});
