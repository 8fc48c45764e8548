; Data breakpoints: the trap comes behind the instruction that made the access, with the breakpoint's bit in DR6; reads and writes, lengths, addresses below the length ignored, pushes, read-modify-write,
; a repeated string instruction that stops between two iterations. SDM vol. 3 sections 17.2.4, 17.2.5, 17.3.1.2.
; qemu: pushes RF clear between two iterations (section 17.3.1.1)
%include "prelude.inc"

body:
  mov eax, DATA
  mov dr0, eax
  lea eax, [eax + 0x103]    ; bits 0 and 1 are ignored
  mov dr1, eax
  mov eax, STACK0 - 4
  mov dr2, eax
  mov eax, 0x00df040a       ; 0: four bytes, reads and writes; 1: four bytes, writes; both global
  mov dr7, eax
  mov dword [DATA + 4], 1   ; beside
  mov byte [DATA + 3], 2    ; the last byte
write_0:
  mov eax, [DATA - 3]       ; reaches the first byte
read_0:
  mov eax, [DATA + 0x100]   ; DR1 is for writes only
  inc dword [DATA + 0x100]
change_1:
  mov word [DATA + 0xff], 7 ; its first byte
write_1:
  mov dword [DATA + 0xfe], 7
both:
  xor eax, eax
  mov dr6, eax
  ; Three iterations of REP MOVSB, of which the second touches both.
  mov eax, 0x0011040a       ; one byte, writes: DR0 and DR1
  mov dr7, eax
  mov eax, DATA + 0x201
  mov dr0, eax
  mov dr1, eax
  mov esi, DATA
  mov edi, DATA + 0x200
  mov ecx, 3
moves:
  rep movsb
moved:
  mov [DATA + 0x300], ecx
  ; A push.
  mov eax, STACK0 - 4
  mov dr0, eax
  mov eax, 0x000d0402
  mov dr7, eax
  mov esp, STACK0
  push eax
pushed:
  ; Disabled, all is quiet.
  xor eax, eax
  mov dr7, eax
  push eax
  mov esp, STACK0
  jmp done

B0 equ 0xffff0ff1
B1 equ 0xffff0ff2
B01 equ 0xffff0ff3
expectations:
  event 1, 0, write_0, CODE0, 0, 0x10000, B0
  event 1, 0, read_0, CODE0, 0, 0x10000, B0
  event 1, 0, change_1, CODE0, 0, 0x10000, B1
  event 1, 0, write_1, CODE0, 0, 0x10000, B1
  event 1, 0, both, CODE0, 0, 0x10000, B1
  event 1, 0, moves, CODE0, 0x10000, 0x10000, B01
  event 1, 0, pushed, CODE0, 0, 0x10000, B0
  holds DATA + 0x300, 0
expectations_end:
%include "tables.inc"
